"""Archives of the tree in five formats, written by libarchive."""

import ctypes
import ctypes.util
import os

FORMATS = {"tar": (None, "gnutar"), "tar.gz": ("gzip", "gnutar"), "tar.zst": ("zstd", "gnutar"),
           "zip": (None, "zip"), "7z": (None, "7zip")}

_library = ctypes.CDLL(ctypes.util.find_library("archive") or "libarchive.so.13")
for _name in ("archive_write_new", "archive_entry_new", "archive_error_string"):
    getattr(_library, _name).restype = ctypes.c_void_p
_library.archive_write_data.restype = ctypes.c_ssize_t
_locale = ctypes.CDLL(None)


def write(path, members, filter_name=None, format_name="gnutar", options=None, passphrase=None):
    """Writes files, given as (name, content), to an archive."""
    # Names are converted from the locale's encoding.
    _locale.setlocale(0, b"C.UTF-8")
    archive = ctypes.c_void_p(_library.archive_write_new())

    def call(name, *arguments):
        result = getattr(_library, name)(archive, *arguments)
        if result < -20:
            reason = ctypes.string_at(_library.archive_error_string(archive))
            raise OSError(f"{name}: {reason}")

    if filter_name:
        call(f"archive_write_add_filter_{filter_name}")
    call(f"archive_write_set_format_{format_name}")
    if options:
        call("archive_write_set_options", options.encode())
    if passphrase:
        call("archive_write_set_passphrase", passphrase.encode())
    call("archive_write_open_filename", os.fsencode(path))
    for name, content in members:
        entry = ctypes.c_void_p(_library.archive_entry_new())
        _library.archive_entry_set_pathname(entry, os.fsencode(name))
        _library.archive_entry_set_size(entry, ctypes.c_int64(len(content)))
        _library.archive_entry_set_filetype(entry, 0o100000)
        _library.archive_entry_set_perm(entry, 0o644)
        _library.archive_entry_set_mtime(entry, ctypes.c_int64(1_000_000), ctypes.c_long(0))
        call("archive_write_header", entry)
        if content:
            _library.archive_write_data(archive, content, ctypes.c_size_t(len(content)))
        _library.archive_entry_free(entry)
    call("archive_write_close")
    _library.archive_write_free(archive)


def of_folder(path, folder, names):
    """Writes an archive of files below a folder, in the format that its name tells."""
    ending = path.split(".", 1)[1] if ".tar." in path else path.rsplit(".", 1)[1]
    filter_name, format_name = FORMATS[ending]
    members = [(name, open(os.path.join(folder, name), "rb").read()) for name in names]
    write(path, members, filter_name, format_name)
