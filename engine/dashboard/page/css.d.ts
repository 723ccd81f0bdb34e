/** Style sheets are gathered into one when the page is built. */
declare module '*.css';
