/** The dashboard: one page for all pipelines that are served. */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import './style.css';
import { Figures } from './figures.tsx';
import { bytes, duration, span } from './format.ts';
import { Graph } from './graph.tsx';
import { LatencyChart } from './latency-chart.tsx';
import { PlanTable } from './plan-table.tsx';
import { Playground } from './playground/playground.tsx';
import { StagesTable } from './stages-table.tsx';
import { storeKey, useStatus, type PipelineStatus, type ServerStatus } from './status.ts';
import { TunerList } from './tuner-list.tsx';

/** The pipeline that the address names after its #. */
function useChosen(): string {
  const read = () => decodeURIComponent(location.hash.slice(1));
  const [name, setName] = useState(read);
  useEffect(() => {
    const changed = () => setName(read());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return name;
}

function Top({ pipelines, chosen }: { pipelines: readonly PipelineStatus[]; chosen: string | undefined }) {
  return (
    <header class="top">
      <div>
        <h1>Millrace</h1>
        <nav aria-label="pipelines">
          {pipelines.map(({ name, state }) => (
            <a
              key={name}
              href={`#${encodeURIComponent(name)}`}
              {...(name === chosen && { 'aria-current': 'page' })}
            >
              <span class={state === 'READY' ? 'dot' : 'dot off'} title={state.toLowerCase()} />
              {name}
            </a>
          ))}
        </nav>
      </div>
    </header>
  );
}

function Foot({ server }: { server: ServerStatus }) {
  return (
    <footer class="foot number">
      <span>Millrace {server.version}</span>
      <span>up {span(server.uptime)}</span>
      <span>{server.connections} connections</span>
      <span>{bytes(server.memory.rss)} resident</span>
      <span>event loop late by {duration(server.loopDelay.p99)} at p99</span>
      <span>{server.implementation ?? ''}</span>
      <a href="/openapi.json">OpenAPI</a>
      <a href="/metrics">metrics</a>
    </footer>
  );
}

function KeyForm() {
  const [key, setKey] = useState('');
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        storeKey(key);
        location.reload();
      }}
    >
      <section>
        <h2>This server asks for a key</h2>
        <label>
          Key
          <input
            type="password"
            value={key}
            onInput={event => setKey(event.currentTarget.value)}
            autocomplete="off"
          />
        </label>
        <div class="buttons">
          <button class="main" type="submit" disabled={key === ''}>
            Show the dashboard
          </button>
        </div>
      </section>
    </form>
  );
}

function Pipeline({ pipeline }: { pipeline: PipelineStatus }) {
  return (
    <>
      {pipeline.state !== 'READY' && (
        <div class="banner" role="alert">
          {pipeline.name} is {pipeline.state.toLowerCase()}: {pipeline.reason}
        </div>
      )}
      <section aria-label="now">
        <p class="muted">{pipeline.description}</p>
        <Figures pipeline={pipeline} />
      </section>
      <section>
        <h2>Stages</h2>
        <Graph pipeline={pipeline} />
      </section>
      <div class="two">
        <div class="column">
          <section>
            <h2>Latency</h2>
            <LatencyChart pipeline={pipeline} />
          </section>
          <section>
            <h2>Where the time goes</h2>
            <StagesTable pipeline={pipeline} />
          </section>
        </div>
        <div class="column">
          <section>
            <h2>Try it</h2>
            <Playground key={pipeline.name} pipeline={pipeline} />
          </section>
          <section>
            <h2>Plan</h2>
            <PlanTable pipeline={pipeline} />
          </section>
          {pipeline.tuner && (
            <section>
              <h2>Tuner</h2>
              <TunerList tuner={pipeline.tuner} />
            </section>
          )}
        </div>
      </div>
    </>
  );
}

function App() {
  const { status, problem } = useStatus();
  const name = useChosen();
  const pipelines = status?.pipelines ?? [];
  const chosen = pipelines.find(pipeline => pipeline.name === name) ?? pipelines[0];
  return (
    <>
      <Top pipelines={pipelines} chosen={chosen?.name} />
      <main>
        {problem === 'unreachable' && (
          <div class="banner" role="alert">
            The server does not answer. What is shown is what it said last.
          </div>
        )}
        {problem === 'key' && <KeyForm />}
        {chosen && <Pipeline key={chosen.name} pipeline={chosen} />}
        {status && !chosen && <p class="muted">No pipeline is served.</p>}
      </main>
      {status && <Foot server={status.server} />}
    </>
  );
}

render(<App />, document.getElementById('app')!);
