import init, { register } from '/pkg/gloo.js';

await init();
register();
