"""Pictures as files: durable, re-encoded without loss, never shown when damaged, never outside their folder."""

from __future__ import annotations

import io
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from navigation.errors import DamagedPictureError
from navigation.imaging import open_screenshot
from navigation.store import FileBlobStore, SqlStore, files
from tests.navigation.store.making import a_meta, png, sha, stored_picture


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobStore:
    return FileBlobStore(tmp_path / "pictures")


def put(blobs: FileBlobStore, data: bytes) -> str:
    shot = open_screenshot(data)
    blobs.put_received(shot.image_id, data, shot.format)
    return shot.image_id


def kept(tmp_path: Path) -> list[Path]:
    return sorted(path for path in tmp_path.rglob("*") if path.is_file())


def noisy(format: str, **options: object) -> bytes:
    pixels = np.random.default_rng(3).integers(0, 255, (60, 80, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format, **options)
    return out.getvalue()


def test_a_picture_is_read_back_as_received(blobs: FileBlobStore) -> None:
    data = png()
    assert blobs.read(put(blobs, data)) == (data, "png")


def test_the_same_picture_twice_is_one_file(blobs: FileBlobStore, tmp_path: Path) -> None:
    for _ in range(2):
        put(blobs, png())
    assert len(kept(tmp_path)) == 1


def test_files_and_folders_are_the_owners_only(blobs: FileBlobStore, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        blobs.thumbnail(put(blobs, png()), 20)
    finally:
        os.umask(old)
    modes: dict[bool, set[int]] = {True: set(), False: set()}
    for path in (tmp_path / "pictures").rglob("*"):
        modes[path.is_dir()].add(stat.S_IMODE(path.stat().st_mode))
    assert modes == {True: {0o700}, False: {0o600}}


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is flushed and renamed, in order."""
    done: list[str] = []

    def told(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(first: object, *rest: object) -> object:
            is_folder = isinstance(first, int) and stat.S_ISDIR(os.fstat(first).st_mode)
            done.append(f"{name} folder" if is_folder else name)
            return real(first, *rest)

        return call

    monkeypatch.setattr(files.os, "fsync", told("fsync", os.fsync))
    monkeypatch.setattr(files.os, "replace", told("rename", os.replace))
    return done


def test_a_received_file_and_its_folders_are_flushed_before_it_is_acknowledged(
    blobs: FileBlobStore, steps: list[str]
) -> None:
    data = png()
    image_id = open_screenshot(data).image_id
    blobs.put_received(image_id, data, "png")
    assert steps == ["fsync folder", "fsync folder", "fsync", "rename", "fsync folder"]
    steps.clear()
    blobs.put_received(image_id, data, "png")
    assert steps == ["fsync folder"]


def test_a_reencoded_file_is_flushed_before_what_came_is_removed(
    blobs: FileBlobStore, tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    image_id = put(blobs, png())
    steps.clear()
    real = Path.unlink
    monkeypatch.setattr(Path, "unlink", lambda path, **rest: (steps.append("remove"), real(path, **rest))[1])
    blobs.reencode(image_id)
    assert steps == ["fsync", "rename", "fsync folder", "remove"]


@pytest.mark.parametrize(
    "data",
    [
        png(), noisy("PNG"), noisy("JPEG", quality=70), noisy("WEBP", quality=50), noisy("BMP"),
        png(colour="#00000080"), png(8, 8),
    ],
    ids=["flat png", "noise png", "jpeg", "lossy webp", "bmp", "alpha", "smallest"],
)  # fmt: skip
def test_reencoding_keeps_every_pixel_and_removes_what_came(blobs: FileBlobStore, tmp_path: Path, data: bytes) -> None:
    image_id = put(blobs, data)
    size = blobs.reencode(image_id)
    stored, stored_format = blobs.read(image_id)
    assert size == (stored_format, len(stored)) == ("webp", len(stored))
    assert open_screenshot(stored).image_id == image_id
    assert len(kept(tmp_path)) == 1
    assert blobs.reencode(image_id) is None


def test_reencoding_drops_what_was_hidden_in_the_file(blobs: FileBlobStore, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "canary of the workstation"
    data = noisy("JPEG", exif=exif)
    assert b"canary" in data
    blobs.reencode(put(blobs, data))
    assert all(b"canary" not in path.read_bytes() for path in kept(tmp_path))


def test_a_rotated_photo_is_stored_upright(blobs: FileBlobStore) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image_id = put(blobs, noisy("JPEG", exif=exif))
    blobs.reencode(image_id)
    with Image.open(io.BytesIO(blobs.read(image_id)[0])) as image:
        assert image.size == (60, 80)


def test_reencoding_cut_off_before_the_removal_ends_the_next_time(blobs: FileBlobStore, tmp_path: Path) -> None:
    data = png()
    image_id = put(blobs, data)
    received = kept(tmp_path)[0]
    blobs.reencode(image_id)
    received.write_bytes(data)
    assert blobs.read(image_id)[1] == "webp"
    assert blobs.reencode(image_id) is not None
    assert [path.suffix for path in kept(tmp_path)] == [".webp"]


def test_a_picture_that_is_not_what_its_id_says_is_not_reencoded(blobs: FileBlobStore) -> None:
    blobs.put_received(sha("another picture"), png(), "png")
    with pytest.raises(DamagedPictureError):
        blobs.reencode(sha("another picture"))


# --- damage ---------------------------------------------------------------------------------------


def flip_bit(data: bytes) -> bytes:
    return data[:40] + bytes([data[40] ^ 1]) + data[41:]


DAMAGES = {
    "zero tail": lambda data: data[:-20] + bytes(20), "cut": lambda data: data[:-1], "empty": lambda data: b"",
    "bit flipped": flip_bit, "longer": lambda data: data + b"\0",
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("is_reencoded", [False, True], ids=["received", "webp"])
def test_a_damaged_file_is_never_shown(
    blobs: FileBlobStore, tmp_path: Path, damage: Callable[[bytes], bytes], is_reencoded: bool
) -> None:
    image_id = put(blobs, noisy("PNG"))
    if is_reencoded:
        blobs.reencode(image_id)
    path = kept(tmp_path)[0]
    path.write_bytes(damage(path.read_bytes()))
    for look in (lambda: blobs.read(image_id), lambda: blobs.thumbnail(image_id, 20)):
        with pytest.raises(DamagedPictureError) as told:
            look()
        assert told.value.image_id == image_id


def test_another_pictures_bytes_under_this_name_are_never_shown(blobs: FileBlobStore, tmp_path: Path) -> None:
    first, second = put(blobs, png(colour="red")), put(blobs, png(colour="blue"))
    path_of = {path.name[:64]: path for path in kept(tmp_path)}
    path_of[first].write_bytes(path_of[second].read_bytes())
    with pytest.raises(DamagedPictureError):
        blobs.read(first)


def test_a_whole_file_beside_a_damaged_one_is_used(blobs: FileBlobStore, tmp_path: Path) -> None:
    data = png()
    image_id = put(blobs, data)
    received = kept(tmp_path)[0]
    blobs.reencode(image_id)
    webp = kept(tmp_path)[0]
    webp.write_bytes(webp.read_bytes()[:-1])
    received.write_bytes(data)
    assert blobs.read(image_id) == (data, "png")


def test_sending_a_damaged_picture_again_heals_it(blobs: FileBlobStore, tmp_path: Path) -> None:
    data = png()
    image_id = put(blobs, data)
    kept(tmp_path)[0].write_bytes(b"")
    put(blobs, data)
    assert blobs.read(image_id)[0] == data


def test_a_missing_picture_is_said_to_be_missing(blobs: FileBlobStore) -> None:
    for look in (lambda: blobs.read(sha("none")), lambda: blobs.thumbnail(sha("none"), 20)):
        with pytest.raises(FileNotFoundError):
            look()
    assert blobs.reencode(sha("none")) is None


# --- thumbnails -----------------------------------------------------------------------------------


def test_a_thumbnail_is_made_once_and_keeps_the_shape(blobs: FileBlobStore, tmp_path: Path) -> None:
    image_id = put(blobs, png(400, 300))
    small = blobs.thumbnail(image_id, 100)
    with Image.open(io.BytesIO(small)) as image:
        assert (image.size, image.format) == ((100, 75), "WEBP")
    made = [path for path in kept(tmp_path) if ".w100." in path.name]
    before = made[0].stat().st_mtime_ns
    assert blobs.thumbnail(image_id, 100) == small
    assert (len(made), made[0].stat().st_mtime_ns) == (1, before)


def test_a_thumbnail_is_never_larger_than_the_picture(blobs: FileBlobStore) -> None:
    with Image.open(io.BytesIO(blobs.thumbnail(put(blobs, png(40, 30)), 320))) as image:
        assert image.size == (40, 30)


def test_a_damaged_thumbnail_is_made_anew(blobs: FileBlobStore, tmp_path: Path) -> None:
    image_id = put(blobs, png(400, 300))
    small = blobs.thumbnail(image_id, 100)
    next(path for path in kept(tmp_path) if ".w100." in path.name).write_bytes(bytes(9))
    assert blobs.thumbnail(image_id, 100) == small


@pytest.mark.parametrize("width", [0, -5, 15, 100_000])
def test_a_thumbnails_width_is_limited(blobs: FileBlobStore, width: int) -> None:
    with pytest.raises(ValueError, match="width"):
        blobs.thumbnail(put(blobs, png()), width)


# --- ids and names --------------------------------------------------------------------------------

BAD_IDS = [
    "",
    "..",
    "../" * 20 + "etc/passwd",
    "A" * 64,
    "g" * 64,
    "a" * 63,
    "a" * 65,
    "a" * 64 + "\n",
    "a/" * 32,
    "*" * 64,
]


@pytest.mark.parametrize("image_id", BAD_IDS)
def test_an_id_that_is_not_a_hash_reaches_no_file(blobs: FileBlobStore, tmp_path: Path, image_id: str) -> None:
    for act in (
        lambda: blobs.put_received(image_id, png(), "png"),
        lambda: blobs.read(image_id),
        lambda: blobs.reencode(image_id),
        lambda: blobs.thumbnail(image_id, 20),
    ):
        with pytest.raises(ValueError, match="hexadecimal"):
            act()
    assert kept(tmp_path) == []


def test_a_folder_that_leads_elsewhere_is_not_followed(blobs: FileBlobStore, tmp_path: Path) -> None:
    data = png()
    image_id = open_screenshot(data).image_id
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "pictures" / image_id[:2]).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="outside"):
        blobs.put_received(image_id, data, "png")
    assert kept(tmp_path) == []


@pytest.mark.parametrize("name", ["svg", "html", "../png", ""])
def test_an_unknown_format_is_refused(blobs: FileBlobStore, name: str) -> None:
    with pytest.raises(ValueError, match="format"):
        blobs.put_received(sha("x"), b"<svg/>", name)


# --- together -------------------------------------------------------------------------------------


def test_readers_see_the_picture_at_every_moment_of_its_reencoding(blobs: FileBlobStore) -> None:
    image_id = put(blobs, noisy("PNG"))
    problems: list[Exception] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            try:
                blobs.read(image_id)
            except Exception as err:  # noqa: BLE001 (any failure at all is the finding)
                problems.append(err)

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(20):
        blobs.reencode(image_id)
        put(blobs, noisy("PNG"))
    stop.set()
    for reader in readers:
        reader.join()
    assert problems == []


def test_what_was_never_renamed_is_swept_at_start(blobs: FileBlobStore, tmp_path: Path) -> None:
    image_id = put(blobs, png())
    for name, age_s in (("cut off", 4000), ("being written", 10)):
        half = tmp_path / "pictures" / "unfinished" / f"{name}.part"
        half.write_bytes(b"half")
        os.utime(half, (time.time() - age_s,) * 2)
    assert blobs.sweep() == 1
    assert [path.name for path in kept(tmp_path) if path.suffix == ".part"] == ["being written.part"]
    assert blobs.read(image_id)[1] == "png"


def test_the_store_reencodes_what_waits_and_records_it(store: SqlStore) -> None:
    data = noisy("PNG")
    image_id = stored_picture(store, data)
    store.add_screenshot(a_meta(sha("its file is missing")))
    assert [store.reencode_waiting(), store.reencode_waiting()] == [2, 0]
    meta = store.screenshot(image_id)
    assert meta is not None
    assert (meta.stored_format, meta.stored_bytes) == ("webp", len(store.blobs.read(image_id)[0]))
    assert (meta.received_format, meta.received_bytes) == ("png", len(data))
