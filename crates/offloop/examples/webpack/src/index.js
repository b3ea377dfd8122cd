import init, { queens } from '../pkg/queens.js';

await init();
document.body.append(`Ways to place 12 queens: ${await queens(12)}`);
