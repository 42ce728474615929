// Requests about films.

import { request } from "./api.js";

const json = (method, body) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
const film = (id) => `/api/films/${id}`;

export const open = async (file) =>
  (
    await request(`/api/films?name=${encodeURIComponent(file.name)}`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: file,
    })
  ).json();

// What the server knows of a film, and how far its render is.
export const status = async (id) => (await request(film(id))).json();

export const close = (id) => request(film(id), { method: "DELETE" });

export async function frame(id, number, options) {
  const response = await request(`${film(id)}/frames/${number}`, json("POST", { options }));
  return response.blob();
}

// edit: {options, start, end}, times in seconds; end may be null.
export const render = async (id, edit) => (await request(`${film(id)}/render`, json("POST", edit))).json();

export const cancel = async (id) => (await request(`${film(id)}/render`, { method: "DELETE" })).json();

export const result = (id, save = false) => `${film(id)}/result${save ? "?save=1" : ""}`;
