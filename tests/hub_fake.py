"""A small Hub on the loopback address: the API that huggingface_hub uses, for files in a dictionary."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "c" * 40


class Hub:
    """Repositories by name, each path -> bytes. requests: the paths requested so far."""

    def __init__(self) -> None:
        self.repos: dict[str, dict[str, bytes]] = {}
        self.requests: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def do_HEAD(self) -> None:
                hub.respond(self, body=False)

            def do_GET(self) -> None:
                hub.respond(self, body=True)

            def do_POST(self) -> None:
                hub.receive(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def respond(self, handler: BaseHTTPRequestHandler, *, body: bool) -> None:
        path = handler.path.split("?")[0].strip("/")
        self.requests.append(path)
        if path.startswith("api/models/"):
            repo = "/".join(path.split("/")[2:4])
            files = self.repos.get(repo)
            if files is None:
                return self._send(handler, 404, b"{}", {"X-Error-Code": "RepoNotFound"}, body=body)
            entries = [{"type": "file", "path": p, "size": len(d), "oid": "0" * 40} for p, d in files.items()]
            info: Any = {"id": repo, "sha": COMMIT, "siblings": [{"rfilename": p} for p in files]}
            return self._json(handler, entries if "/tree/" in path else info, body=body)
        repo, _, rest = path.partition("/resolve/")
        files, file = self.repos.get(repo), rest.partition("/")[2]
        if files is None or file not in files:
            code = "RepoNotFound" if files is None else "EntryNotFound"
            return self._send(handler, 404, b"", {"X-Error-Code": code, "X-Repo-Commit": COMMIT}, body=body)
        etag = hashlib.sha256(files[file]).hexdigest()
        return self._send(handler, 200, files[file], {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}, body=body)

    def receive(self, handler: BaseHTTPRequestHandler) -> None:
        data = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        path = handler.path.split("?")[0].strip("/")
        self.requests.append(path)
        repo = "/".join(path.split("/")[2:4])
        if path == "api/repos/create":
            payload = json.loads(data)
            repo = f"{payload.get('organization') or 'someone'}/{payload['name']}"
            self.repos.setdefault(repo, {})
            return self._json(handler, {"url": f"{self.endpoint}/{repo}"})
        if path == "api/validate-yaml":
            return self._json(handler, {"errors": [], "warnings": []})
        if "/preupload/" in path:
            files = [{"path": f["path"], "uploadMode": "regular"} for f in json.loads(data)["files"]]
            return self._json(handler, {"files": [{**f, "shouldIgnore": False} for f in files]})
        for line in data.splitlines():
            payload = json.loads(line)
            if payload["key"] == "file":
                self.repos[repo][payload["value"]["path"]] = base64.b64decode(payload["value"]["content"])
        url = f"{self.endpoint}/{repo}/commit/{COMMIT}"
        return self._json(handler, {"success": True, "commitOid": COMMIT, "commitUrl": url, "hookOutput": ""})

    def _json(self, handler: BaseHTTPRequestHandler, payload: Any, *, body: bool = True) -> None:
        self._send(handler, 200, json.dumps(payload).encode(), {"Content-Type": "application/json"}, body=body)

    @staticmethod
    def _send(h: BaseHTTPRequestHandler, status: int, data: bytes, headers: dict[str, str], *, body: bool) -> None:
        h.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            h.send_header(name, value)
        h.end_headers()
        if body:
            h.wfile.write(data)
