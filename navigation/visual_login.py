"""The log-in page: its fields and its button, and what it says when it does not let one in. Pure.

Recognises messages by stems of words, French and English, so that a page nobody has seen is understood. Refused,
locked and a second factor stop the robot; a password is never tried twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from navigation.grounding import ReadAgain, ground_page
from navigation.reasons import Reason
from navigation.settings import Thresholds
from navigation.types import Grounding, Outcome, Page, Phrase, Screen, Target, Verification
from navigation.verdicts import find_notice, new_texts
from navigation.visual_verifier import verify_before

LOCKED: Sequence[tuple[str, ...]] = (
    ("compte", "verrouill"), ("compte", "bloqu"), ("compte", "desactiv"), ("compte", "suspend"),
    ("trop de tentatives",), ("nombre de tentatives", "depass"),
    ("account", "locked"), ("account", "disabled"), ("account", "suspended"), ("too many", "attempts"),
)  # fmt: skip
REFUSED: Sequence[tuple[str, ...]] = (
    ("identifiant", "incorrect"), ("identifiant", "invalid"), ("identifiant", "erron"), ("identifiant", "inconnu"),
    ("mot de passe", "incorrect"), ("mot de passe", "invalid"), ("mot de passe", "erron"),
    ("utilisateur", "incorrect"), ("utilisateur", "inconnu"), ("authentification", "echou"),
    ("echec", "authentification"), ("echec", "connexion"), ("connexion", "refus"), ("acces", "refus"),
    ("saisissez", "valide", "mot de passe"), ("ne correspond", "mot de passe"),
    ("username", "incorrect"), ("password", "incorrect"), ("username", "invalid"), ("password", "invalid"),
    ("invalid", "credentials"), ("login", "failed"), ("sign", "failed"), ("username and password", "match"),
    ("enter", "correct", "password"),
)  # fmt: skip
EXPIRED: Sequence[tuple[str, ...]] = (
    ("session", "expir"), ("session", "terminee"), ("session", "interrompue"), ("session", "inactiv"),
    ("session", "timed out"), ("session", "timeout"), ("deconnecte", "inactivite"),
)  # fmt: skip
HUMAN: Sequence[tuple[str, ...]] = (
    ("code de verification",), ("code a usage unique",), ("code de securite",), ("code", "sms"),
    ("deux facteurs",), ("double authentification",), ("second facteur",), ("authentification forte",),
    ("inserez", "carte"), ("presentez", "carte"), ("validez", "e-cps"), ("validez", "telephone"),
    ("validez", "mobile"), ("ouvrez", "e-cps"),
    ("verification code",), ("one-time", "code"), ("two-factor",), ("authenticator app",),
    ("j'accepte", "conditions"), ("accepter", "charte"), ("i accept", "terms"),
)  # fmt: skip

_ORDER: Sequence[tuple[Outcome, str, Sequence[tuple[str, ...]]]] = (
    (Outcome.ACCOUNT_LOCKED, "account_locked", LOCKED),
    (Outcome.SESSION_EXPIRED, "session_expired", EXPIRED),
    (Outcome.LOGIN_REFUSED, "login_refused", REFUSED),
    (Outcome.NEEDS_HUMAN, "needs_human", HUMAN),
)


_USER = Target("Identifiant", "field", ("Nom d'utilisateur", "Utilisateur", "Login", "Username", "User name", "User"))
_PASSWORD = Target("Mot de passe", "field", ("Password",))
_SUBMIT = Target("Se connecter", "clickable", ("Connexion", "Valider", "S'identifier", "Log in", "Login", "Sign in"))


@dataclass(frozen=True, slots=True)
class LoginForm:
    """What a log-in page calls its parts; the defaults are the usual French and English words."""

    user: Target = _USER
    password: Target = _PASSWORD
    submit: Target = _SUBMIT
    screen: Screen | None = None


@dataclass(frozen=True, slots=True)
class LoginPlan:
    """Where the three parts of a log-in page are; `outcome` is "ok" only when all three are certain."""

    outcome: Outcome
    reason: Reason
    user: Grounding | None = None
    password: Grounding | None = None
    submit: Grounding | None = None
    verification: Verification | None = None


@dataclass(frozen=True, slots=True)
class LoginNotice:
    """What the page says, as an outcome, with the text it was read from."""

    outcome: Outcome
    reason: Reason
    text: str


def recognise_notice(page: Page, *, before: Page | None = None) -> LoginNotice | None:
    """Refused, locked, expired or a second factor, when the page says so; None otherwise.

    With the page `before` the press only new texts count, so that a standing help text ("3 mots de passe incorrects
    bloquent le compte") is not taken for an answer.
    """
    texts: Sequence[Phrase] = page.phrases if before is None else new_texts(before, page)
    for outcome, code, notices in _ORDER:
        phrase = find_notice(texts, notices)
        if phrase is not None:
            return LoginNotice(outcome, Reason(code), phrase.text)
    return None


def resolve_login(page: Page, form: LoginForm, limits: Thresholds, *, read_again: ReadAgain | None = None) -> LoginPlan:
    """Verify that this is the log-in page and find its user field, its password field and its button."""
    verification = verify_before(page, form.screen, limits) if form.screen else None
    if verification is not None and verification.status != "passed":
        return LoginPlan(Outcome.WRONG_SCREEN, verification.reason, verification=verification)
    notice = recognise_notice(page)
    if notice is not None and notice.outcome in (Outcome.ACCOUNT_LOCKED, Outcome.NEEDS_HUMAN):
        return LoginPlan(notice.outcome, notice.reason, verification=verification)
    parts = [ground_page(page, t, limits, read_again=read_again) for t in (form.user, form.password, form.submit)]
    user, password, submit = parts
    plan = LoginPlan(Outcome.OK, Reason("ok"), user, password, submit, verification)
    for part in parts:
        if part.outcome != "found":
            return LoginPlan(Outcome(part.outcome), part.reason, user, password, submit, verification)
    if user.box_px == password.box_px:
        reason = Reason("ambiguous", {"target": form.user.text, "count": 2, "margin": 0.0, "limit": limits.margin})
        return LoginPlan(Outcome.AMBIGUOUS, reason, user, password, submit, verification)
    return plan


def classify_after_submit(before: Page, after: Page, verified: Verification) -> LoginNotice | None:
    """What a log-in that did not land says; None when it landed or the page says nothing of the kind.

    A second factor is looked for on the whole page, since such a page may come without any press having landed.
    """
    if verified.status == "passed":
        return None
    notice = recognise_notice(after, before=before)
    return notice or _only_human(recognise_notice(after))


def _only_human(notice: LoginNotice | None) -> LoginNotice | None:
    return notice if notice and notice.outcome is Outcome.NEEDS_HUMAN else None
