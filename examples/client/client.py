"""Tint a photograph by the service: python client.py http://127.0.0.1:8000 PHOTO OUT [TOKEN]"""

import sys
from pathlib import Path

import httpx

address, photo, out, *token = sys.argv[1:]
headers = {"Authorization": f"Bearer {token[0]}"} if token else {}
with open(photo, "rb") as file:
    answer = httpx.post(f"{address}/v1/tint", files={"photo": file}, data={"keep": "all"}, headers=headers, timeout=120)
answer.raise_for_status()
Path(out).write_bytes(answer.content)
