"""Makes small sets of clips as others pack them: tables of the Hugging Face `datasets` library and shards of `webdataset`.

Usage: python make.py REPOSITORY. Used: datasets 5.2.0, pyarrow 26.0.1, webdataset 1.0.2. Media are those of src/media/fixtures.
"""
import io
import json
import sys
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import webdataset
from datasets import Dataset, Features, Image, Value, Video

repository = Path(sys.argv[1])
media = repository / "src/media/fixtures"
out = repository / "src/data/packed/fixtures"
(out / "hub").mkdir(parents=True, exist_ok=True)
(out / "shards").mkdir(parents=True, exist_ok=True)


def read(name):
    return (media / name).read_bytes()


# A column of videos as the hub has them: rows of {bytes, path}; the last row has none.
rows = {
    "video": [{"bytes": read("av1.mp4"), "path": "a.mp4"}, {"bytes": read("vp9.webm"), "path": None}, None],
    "caption": ["a test picture", "bars", "nothing"],
    "fps": [16.0, 16.0, 0.0],
}
videos = Features({"video": Video(decode=False), "caption": Value("string"), "fps": Value("float32")})
Dataset.from_dict(rows, features=videos).to_parquet(str(out / "hub/train-00000.parquet"))

# Plain bytes under the names of webdataset, zstd, two row groups, without an index of pages.
table = pa.table({"__key__": ["x", "y", "z"], "mp4": [read("av1.mp4"), read("edit-list.mp4"), read("av1.mp4")], "txt": ["one", "two", "three"]})
pq.write_table(table, out / "hub/train-00001.parquet", compression="zstd", row_group_size=2, write_page_index=False)

# Images, whose table has gzip.
pictures = Features({"image": Image(decode=False), "text": Value("string")})
photographs = Dataset.from_dict({"image": [{"bytes": read("baseline.jpg"), "path": "p.jpg"}], "text": ["a photograph"]}, features=pictures)
pq.write_table(photographs.data.table, out / "hub/validation-00000.parquet", compression="gzip")

with webdataset.TarWriter(str(out / "shards/clips-000000.tar"), mtime=0) as shard:
    shard.write({"__key__": "a", "mp4": read("av1.mp4"), "txt": "a test picture"})
    shard.write({"__key__": "deep/b", "webm": read("vp9.webm"), "json": json.dumps({"caption": "bars", "fps": 16}).encode()})

# What the format allows beside that: long names in pax and in GNU's headers, folders, links, notes of an operating system.
for name, kind in [("clips-000001.tar", tarfile.PAX_FORMAT), ("clips-000002.tar", tarfile.GNU_FORMAT)]:
    with tarfile.open(out / "shards" / name, "w", format=kind) as shard:
        def add(path, content, **fields):
            info = tarfile.TarInfo(path)
            info.size = len(content)
            for field, value in fields.items():
                setattr(info, field, value)
            shard.addfile(info, io.BytesIO(content))

        long = "/".join(["a long folder of many words"] * 5) + f"/übung {name[:-4]}"
        add("./folder", b"", type=tarfile.DIRTYPE)
        add("./._a.mp4", b"note")
        add("link.mp4", b"", type=tarfile.SYMTYPE, linkname="a.mp4")
        add(f"{long}.gif", read("colors.gif"))
        add(f"{long}.txt", "ein Ball".encode())
