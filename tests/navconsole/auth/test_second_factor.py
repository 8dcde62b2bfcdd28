"""The second factor: at log-in, by each way in, throttled, each code once, required by role."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from navconsole.auth import second_factor, totp
from navconsole.auth.accounts import add_user, make_link, seed_first_admin
from navconsole.auth.passwords import hash_password
from navconsole.auth.second_factor import Sealer
from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.settings import ConsoleSettings
from navigation.records import User
from navigation.store.protocol import Store
from tests.navconsole.conftest import LintedClient, console, english

PASSWORD = "quatre lampes bleues"
HASH = hash_password(PASSWORD)
KEY = b"12345678901234567890"
CODES = ["aaaa-bbbb-cccc", "dddd-eeee-ffff"]


@pytest.fixture
def anne(store: Store, settings: ConsoleSettings) -> User:
    """Has a password and a second factor with the key KEY and two recovery codes."""
    user = store.add_user(name="anne", role="viewer", password_hash=HASH)
    sealer = Sealer.of(settings)
    hashes = second_factor.hashes_of(CODES, user.id, sealer)
    store.put_second_factor(user.id, sealer.seal(KEY, user.id), step=0, code_hashes=hashes, now=datetime.now(UTC))
    return user


def now_step() -> int:
    return totp.step_at(datetime.now(UTC))


def fresh_codes() -> Iterator[str]:
    """Codes that are good now, each of a later step than the one before; three at most."""
    step = now_step()
    return (totp.code_at(KEY, step + drift) for drift in (-1, 0, 1))


def give_password(client: LintedClient, **more: str) -> None:
    client.delete_cookie(SESSION_COOKIE)
    answer = client.submit("/login", name="anne", password=PASSWORD, **more)
    assert answer.status_code == 303
    assert answer.location.startswith("/login/code")


def test_the_password_alone_opens_nothing(stranger: LintedClient, anne: User, store: Store) -> None:
    give_password(stranger)
    assert stranger.get("/attempts").location.startswith("/login?")
    assert stranger.get("/account").status_code == 303
    assert stranger.get("/login/code").status_code == 200
    assert [e.result for _, e in store.audit_events(object_id=anne.id)] == ["code_due"]


def test_the_code_then_opens_a_fresh_session_and_goes_on(stranger: LintedClient, anne: User) -> None:
    give_password(stranger, next="/attempts?q=a")
    before = stranger.get_cookie(SESSION_COOKIE)
    answer = stranger.submit("/login/code", code=next(fresh_codes()), next="/attempts?q=a")
    assert (answer.status_code, answer.location) == (303, "/attempts?q=a")
    after = stranger.get_cookie(SESSION_COOKIE)
    assert before
    assert after
    assert before.value != after.value
    assert stranger.get("/attempts").status_code == 200
    stranger.set_cookie(SESSION_COOKIE, before.value)
    assert stranger.get("/login/code").location == "/login"


def test_each_code_is_good_once(stranger: LintedClient, anne: User) -> None:
    code = next(fresh_codes())
    for status in (303, 401):
        give_password(stranger)
        assert stranger.submit("/login/code", code=code).status_code == status


@pytest.mark.parametrize("code", ["000000", "12345", "١٢٣٤٥٦", "abc", "aaaa-bbbb-cccd", "é" * 12])
def test_a_wrong_code_is_refused(stranger: LintedClient, anne: User, store: Store, code: str) -> None:
    store.use_step(anne.id, now_step() + 10)  # none of the digits happens to be right
    give_password(stranger)
    answer = stranger.submit("/login/code", code=code)
    assert answer.status_code == 401
    assert "This code is wrong" in answer.text
    assert store.audit_events(object_id=anne.id)[0][1].result == "refused"


def test_a_recovery_code_is_good_once_however_it_is_typed(stranger: LintedClient, anne: User) -> None:
    for code, status in (("AAAA bbbb cccc", 303), ("aaaa-bbbb-cccc", 401), ("ddddeeeeffff", 303)):
        give_password(stranger)
        assert stranger.submit("/login/code", code=code).status_code == status


def test_wrong_codes_are_throttled_whatever_the_password(stranger: LintedClient, anne: User, store: Store) -> None:
    store.use_step(anne.id, now_step() - 5)
    for _ in range(5):
        give_password(stranger)
        assert stranger.submit("/login/code", code="not-one").status_code == 401
    give_password(stranger)
    answer = stranger.submit("/login/code", code=next(fresh_codes()))
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert "Wait 60 seconds" in answer.text


def test_the_password_of_ten_minutes_ago_counts_no_more(stranger: LintedClient, anne: User, store: Store) -> None:
    store.open_session(anne.id, "old", datetime.now(UTC) - timedelta(minutes=11), "here", is_partial=True)
    stranger.set_cookie(SESSION_COOKIE, "old")
    assert stranger.get("/login/code").location == "/login"


def test_without_a_password_given_there_is_no_second_step(stranger: LintedClient, anne: User) -> None:
    assert stranger.get("/login/code").location == "/login"
    token = stranger.submit("/login", name="", password="")
    assert token.status_code == 422
    assert stranger.submit("/login/code", "/login", code=next(fresh_codes())).location == "/login"


def test_a_link_asks_for_the_code_too(stranger: LintedClient, anne: User, store: Store) -> None:
    answer = stranger.submit(make_link(store, "anne", base_url=""))
    assert answer.location.startswith("/login/code")
    assert stranger.get("/attempts").status_code == 303


def test_a_key_sealed_for_one_opens_for_no_other_and_not_by_another_server(settings: ConsoleSettings) -> None:
    ours, theirs = Sealer.of(settings), Sealer.of(replace(settings, secret_key="x" * 40))
    sealed = ours.seal(KEY, "anne")
    assert ours.open(sealed, "anne") == KEY
    assert ours.open(sealed, "paul") is None
    assert theirs.open(sealed, "anne") is None
    assert ours.open("nonsense", "anne") is None
    assert ours.hash_code("a-b", "anne") != ours.hash_code("a-b", "paul")


def test_neither_key_nor_recovery_code_is_in_the_files(
    stranger: LintedClient, anne: User, settings: ConsoleSettings
) -> None:
    kept = b"".join(path.read_bytes() for path in settings.data.rglob("*.db*"))
    assert anne.id.encode() in kept
    for secret in (KEY, totp.shown_key(KEY).replace(" ", "").encode(), CODES[0].encode(), b"aaaabbbbcccc"):
        assert secret not in kept


def test_a_key_that_can_no_longer_be_read_refuses(
    stranger: LintedClient, anne: User, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.put_second_factor(anne.id, "from another key", step=0, code_hashes=[], now=datetime.now(UTC))
    give_password(stranger)
    assert stranger.submit("/login/code", code=next(fresh_codes())).status_code == 401
    assert "second factor not readable" in caplog.text


# --- required by role -----------------------------------------------------------------------------


@pytest.fixture
def strict(settings: ConsoleSettings, store: Store) -> LintedClient:
    """A browser on a console that asks admins for a second factor."""
    return english(console(replace(settings, second_factor_roles=("admin",)), store).test_client())


def key_on(page: str) -> bytes:
    shown = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page)
    assert shown
    return base64.b32decode(shown[1].replace(" ", ""))


def enrol(client: LintedClient, **more: str) -> list[str]:
    """Set the factor up as a person does; the recovery codes shown."""
    page = client.get("/account/second-factor").text
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert sealed
    assert token
    code = totp.code_at(key_on(page), now_step())
    answer = client.post(
        "/account/second-factor", data={"csrf_token": token[1], "sealed": sealed[1], "code": code, **more}
    )
    assert answer.status_code == 200
    return re.findall(r"<code>([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})</code>", answer.text)


def test_the_first_admin_comes_in_by_link_and_must_set_it_up(
    strict: LintedClient, store: Store, settings: ConsoleSettings
) -> None:
    link = seed_first_admin(store, settings)
    assert link
    assert strict.submit(link.replace("http://127.0.0.1:5005", "")).status_code == 303
    for path in ("/attempts", "/admin/people", "/account"):
        assert strict.get(path).location == "/account/second-factor"
    codes = enrol(strict)
    assert len(codes) == len(set(codes)) == 10
    assert strict.get("/attempts").status_code == 200
    admin = store.user_by_name("admin")
    assert admin
    assert store.second_factor(admin.id)


def test_a_role_that_needs_none_is_let_in_without(strict: LintedClient, store: Store) -> None:
    add_user(store, "paul", "engineer")
    strict.submit(make_link(store, "paul", base_url=""))
    assert strict.get("/attempts").status_code == 200


@pytest.mark.parametrize(("roles", "kept"), [("", ()), ("engineer, admin", ("engineer", "admin"))])
def test_roles_are_read_from_the_setting(settings: ConsoleSettings, roles: str, kept: tuple[str, ...]) -> None:
    env = {"NAVCONSOLE_SECOND_FACTOR_ROLES": roles}
    assert ConsoleSettings.from_env(env, data=settings.data).second_factor_roles == kept
    assert ConsoleSettings.from_env({}, data=settings.data).second_factor_roles == ("admin",)
