// Requests and responses in one crossing each: strings that cross one by one cost more than all the rest of a short answer.

/** Method, path with query, then names and values of the headers: a line each, which none of them can contain. */
export function head(request) {
  const { method, url, headers } = request;
  const start = url.indexOf("/", url.indexOf("//") + 2);
  let text = `${method}\n${start < 0 ? "/" : url.slice(start)}`;
  for (const [name, value] of headers) text += `\n${name}\n${value}`;
  return text;
}

/** A response with a body in one piece; `head` has names and values of the headers, a line each. */
export function whole(status, head, body) {
  const lines = head.split("\n");
  const headers = [];
  for (let at = 0; at + 1 < lines.length; at += 2) headers.push([lines[at], lines[at + 1]]);
  // A status like 204 allows no body, not even an empty one. A copy, since wasm memory may move.
  return new Response(body.length > 0 ? body.slice() : null, { status, headers });
}
