"""Tint every photograph of a folder in Python: python script.py FOLDER OUT"""

import sys
from pathlib import Path

import handtint

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir(exist_ok=True)
tinter = handtint.open()
for path in sorted(folder.glob("*.jpg")):
    tinter.tint(handtint.Photo.read(path), keep="subject").write(out / path.name)
    print(out / path.name)
