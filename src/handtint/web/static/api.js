// Requests to the server behind the page. Every failure is a Problem with a message for people.

export class Problem extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

async function ask(path, init = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...init, credentials: "omit" });
  } catch {
    throw new Problem("handtint does not answer any more. Is it still running in its terminal?");
  }
  if (answer.ok) return answer;
  throw new Problem(await reason(answer), answer.status);
}

async function reason(answer) {
  try {
    return (await answer.json()).detail;
  } catch {
    return `handtint answered with the error ${answer.status}.`;
  }
}

const header = (answer, name) => decodeURIComponent(answer.headers.get(name) || "");

export const about = async () => (await ask("/api/about")).json();

export async function sample(file) {
  const answer = await ask(`/samples/${encodeURIComponent(file)}`);
  return new File([await answer.blob()], file);
}

const upload = async (path, body) =>
  (await ask(path, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body })).json();

export const open = (file) => upload(`/api/photos?name=${encodeURIComponent(file.name)}`, file);

export const before = async (id, close) => (await ask(`/api/photos/${id}/before${close ? "?close=1" : ""}`)).blob();

const post = (path, edit) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(edit) });

// what: "preview", "result", "mask" or "recipe". Gives {blob, name, note}.
export async function picture(id, what, edit) {
  const answer = await post(`/api/photos/${id}/${what}`, edit);
  return { blob: await answer.blob(), name: header(answer, "handtint-name"), note: header(answer, "handtint-note") };
}

// The colours that a place may have had, the likeliest first, and the thing that it is on: {colors, thing}.
export const palette = async (id, edit, { x, y }) =>
  (await post(`/api/photos/${id}/palette`, { ...edit, at: [x, y] })).json();

// A hint that was typed: {where, color}, the colour as #rrggbb.
export const hint = async (text) => (await post("/api/hint", { hint: text })).json();

export const panels = async (id, edit) => (await post(`/api/photos/${id}/panels`, edit)).json();

export const terms = async (keep) => (await post("/api/keep", { keep })).json();

export const recipe = (file) => upload("/api/recipe", file);

// Give a photo a mask or a reference; gives the file's sha256.
export const giveFile = async (id, file) =>
  (await upload(`/api/photos/${id}/given?name=${encodeURIComponent(file.name)}`, file)).sha256;
