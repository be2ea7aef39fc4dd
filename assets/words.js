// What scripts say: the page brings the words along, so that all of them stand in one place on the server.

const words = JSON.parse(document.body.dataset.words ?? '{}');

// The words of this name; `parts` goes in where their names stand in braces.
export const say = (name, parts = {}) => words[name].replace(/\{(\w+)\}/g, (_, part) => parts[part]);
