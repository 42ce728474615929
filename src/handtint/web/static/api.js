// Requests to the server. Every failure is thrown as a Problem, whose message is shown to the user.

export class Problem extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

export async function request(path, init = {}) {
  let response;
  try {
    response = await fetch(path, { ...init, credentials: "omit" });
  } catch {
    throw new Problem("handtint does not respond any more. Is it still running in its terminal?");
  }
  if (response.ok) return response;
  throw new Problem(await reason(response), response.status);
}

async function reason(response) {
  try {
    return (await response.json()).detail;
  } catch {
    return `handtint responded with error ${response.status}.`;
  }
}

const header = (response, name) => decodeURIComponent(response.headers.get(name) || "");

export const about = async () => (await request("/api/about")).json();

export async function sample(file) {
  const response = await request(`/samples/${encodeURIComponent(file)}`);
  return new File([await response.blob()], file);
}

export const upload = async (path, body) =>
  (await request(path, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body })).json();

export const open = (file) => upload(`/api/photos?name=${encodeURIComponent(file.name)}`, file);

export const before = async (id, close) => (await request(`/api/photos/${id}/before${close ? "?close=1" : ""}`)).blob();

export const post = (path, payload) =>
  request(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(payload) });

// what: "preview", "result", "mask" or "recipe". Returns {blob, name, note}.
export async function picture(id, what, edit) {
  const response = await post(`/api/photos/${id}/${what}`, edit);
  return { blob: await response.blob(), name: header(response, "handtint-name"), note: header(response, "handtint-note") };
}

// Suggested colours for a point, the likeliest first, and the object at it: {colors, object}.
export const palette = async (id, edit, { x, y }) =>
  (await post(`/api/photos/${id}/palette`, { ...edit, at: [x, y] })).json();

// Parse a typed hint. Returns {where, color}, the colour as #rrggbb.
export const parseHint = async (text) => (await post("/api/hint", { hint: text })).json();

export const panels = async (id, edit) => (await post(`/api/photos/${id}/panels`, edit)).json();

export const parseKeep = async (keep) => (await post("/api/keep", { keep })).json();

export const parseRecipe = (file) => upload("/api/recipe", file);

// Upload a mask or a reference for a photo. Returns the file's sha256.
export const uploadFile = async (id, file) =>
  (await upload(`/api/photos/${id}/files?name=${encodeURIComponent(file.name)}`, file)).sha256;
