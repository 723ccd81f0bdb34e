import { describe, expect, it } from 'vitest';
import { html, Markup } from '../../../planner/report/html.ts';
import { shorten } from '../../../planner/report/shorten.ts';

describe('a template of markup', () => {
  it('escapes what is filled in, in text and in attributes', () => {
    const name = `<script>alert("it's & isn't")</script>`;
    expect(html`<p title="${name}">${name}</p>`.text).not.toMatch(/<script|"it|'s/);
    expect(html`${'<&>"\''}`.text).toBe('&lt;&amp;&gt;&quot;&#39;');
  });

  it('takes markup as it stands, joins lists, and leaves out what is not there', () => {
    const items = ['a', 'b<'].map(text => html`<b>${text}</b>`);
    expect(html`${items}${undefined}${0}`.text).toBe('<b>a</b><b>b&lt;</b>0');
    expect(html`${new Markup('<b>')}`.text).toBe('<b>');
  });
});

describe('a name that is too long', () => {
  it('keeps both its ends', () => {
    expect(shorten('decode', 6)).toBe('decode');
    expect(shorten('decode+prepare+detect', 9)).toBe('deco…tect');
  });
});
