"""The faults of the fake hub that fault_table.py goes through, one row each."""

from harness import FILES, MODEL

SHARD = "model-00001-of-00002.safetensors"
SIZE = FILES[SHARD]["random"]
ALWAYS = {"count": -1}


def both(fault, place, **options):
    """A fault of the listing, of files, or of the object store, for both hubs' protocols."""
    places = {"list": ["api", "ms-list"], "file": ["resolve", "ms-file"], "store": ["cdn"]}[place]
    return [dict(fault=fault, at=at, **options) for at in places]


#: What ModelScope writes in the body where Hugging Face has `X-Error-Code`.
MESSAGES = {
    "RepoNotFound": "模型不存在",
    "GatedRepo": "access to the model is restricted",
    "RevisionNotFound": "revision main not found",
    "EntryNotFound": "file not found",
}


def status(code, place, **headers):
    names = {
        "retry": "Retry-After",
        "limit": "RateLimit",
        "error": "X-Error-Code",
        "message": "X-Error-Message",
    }
    sent = {names[key]: value for key, value in headers.items()}
    faults = both("status", place, status=code, headers=sent)
    text = headers.get("message") or MESSAGES.get(headers.get("error"))
    if text and place != "store":
        faults[1]["body"] = {"Code": code, "Success": False, "Message": text, "Data": None}
    return faults


def listed(*paths):
    """Further names in the listing, with sizes and hashes that make sense."""
    blob, sha256 = "a" * 40, "a" * 64
    here = [dict(type="file", path=path, oid=blob, size=1) for path in paths]
    there = [dict(Type="blob", Path=path, Size=1, Sha256=sha256) for path in paths]
    return [
        dict(fault="list", at="api", entries=here),
        dict(fault="list", at="ms-list", entries=there),
    ]


def after_cut(*faults):
    """A cut in the middle of a shard, and what comes then."""
    cut = both("cut", "store", path=SHARD, after=SIZE // 2)
    return cut + [fault for group in faults for fault in group]


#: What an absolute path in a listing tries to write.
OUTSIDE = "/tmp/internvl-outside"
LIMIT = '"api";r=0;t=2'

FAULTS = {
    "none": [],
    "cut before the first byte": both("cut", "store", path=SHARD, after=0),
    "cut after 1 byte": both("cut", "store", path=SHARD, after=1),
    "cut in the middle": both("cut", "store", path=SHARD, after=SIZE // 2),
    "cut before the last byte": both("cut", "store", path=SHARD, after=-1),
    "cut every time after 3 MB": both("cut", "store", path=SHARD, after=3_000_000, **ALWAYS),
    "one wrong byte, once": both("flip", "store", path=SHARD, offset=9),
    "one wrong byte, always": both("flip", "store", path=SHARD, offset=9, **ALWAYS),
    "`Range` ignored on resume": after_cut(both("ignore-range", "store", path=SHARD, **ALWAYS)),
    "wrong `Content-Range` on resume": after_cut(both("wrong-range", "store", path=SHARD)),
    "416 on resume": after_cut(both("416", "store", path=SHARD)),
    "more bytes than listed": both("longer", "store", path=SHARD, by=100),
    "fewer bytes, with a length to match": both("shorter", "store", path=SHARD, by=100),
    "no `Content-Length`": both("chunked", "store", path=SHARD),
    "signed address expires midway": after_cut(both("expire", "store", path=SHARD, skip=1)),
    "another etag than listed, always": both(
        "etag", "file", path=SHARD, etag="a" * 64, **ALWAYS
    )[:1],
    "stall before the head": both("stall-head", "store", path=SHARD, seconds=30),
    "stall in the body": both("stall", "store", path=SHARD, after=SIZE // 2, seconds=30),
    "slow drip, 1 byte/s": both("drip", "store", path=SHARD, seconds=1),
    "gzip on a text file": both("gzip", "file", path="config.json"),
    "redirect loop": both("loop", "store", path=SHARD, **ALWAYS),
    "redirect to `file://`": both(
        "redirect", "file", path=SHARD, to="file:///etc/passwd", **ALWAYS
    ),
    "small files by relative 307": both("relative", "file", **ALWAYS)[:1],
    "listing in pages of 3": both("pages", "list", size=3, **ALWAYS)[:1],
    "401 `RepoNotFound`": status(401, "list", error="RepoNotFound"),
    "401 `GatedRepo`": status(401, "list", error="GatedRepo"),
    "401 without a code": status(401, "list", message="Invalid credentials"),
    "403 `GatedRepo`": status(403, "list", error="GatedRepo"),
    "403, repository disabled": status(
        403, "list", message="Access to this resource is disabled."
    ),
    "403 on a file": status(403, "file"),
    "404 `RepoNotFound`": status(404, "list", error="RepoNotFound"),
    "404 `RevisionNotFound`": status(404, "list", error="RevisionNotFound"),
    "404 `EntryNotFound` on a file": status(404, "file", error="EntryNotFound"),
    "404 without a code": status(404, "list"),
    "429 on the listing, `Retry-After: 1`": status(429, "list", retry="1"),
    "429 on the listing, `RateLimit`": status(429, "list", limit=LIMIT),
    "429 on the listing, both": status(429, "list", retry="1", limit=LIMIT),
    "429 on the listing, no header": status(429, "list"),
    "429 on a file, `Retry-After: 1`": status(429, "file", retry="1"),
    "429 on a file, `RateLimit`": status(429, "file", limit=LIMIT),
    "429 on a file, no header": status(429, "file"),
    "503 on the listing": status(503, "list"),
    "503 on the listing, `Retry-After: 1`": status(503, "list", retry="1"),
    "503 on a file": status(503, "file"),
    "503 on a file, `Retry-After: 1`": status(503, "file", retry="1"),
    "500 from the object store, 3 times": both("status", "store", path=SHARD, status=500, count=3),
    "login page instead of the listing": both("portal", "list", **ALWAYS),
    "`../../x` in the listing": listed("../../x"),
    "an absolute path in the listing": listed(OUTSIDE),
    "`..\\x` in the listing": listed("..\\x"),
    "a line feed in a name": listed("a\nx"),
    "`a` and `a/x` in the listing": listed("a", "a/x"),
}
