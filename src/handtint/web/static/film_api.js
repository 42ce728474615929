// Requests about films.

import { post, request, upload } from "./api.js";

const url = (id) => `/api/films/${id}`;

export const open = (file) => upload(`/api/films?name=${encodeURIComponent(file.name)}`, file);

// The film, and the progress of its render.
export const status = async (id) => (await request(url(id))).json();

export const close = (id) => request(url(id), { method: "DELETE" });

// A preview frame, tinted: a JPEG.
export const frame = async (id, number, options) => (await post(`${url(id)}/frames/${number}`, { options })).blob();

// Start a render. edit: {options, start, end}, times in seconds; end is null for the film's.
export const render = async (id, edit) => (await post(`${url(id)}/render`, edit)).json();

export const cancel = async (id) => (await request(`${url(id)}/render`, { method: "DELETE" })).json();

// The URL of the finished film. save: to be downloaded instead of played.
export const result = (id, save = false) => `${url(id)}/result${save ? "?save=1" : ""}`;
