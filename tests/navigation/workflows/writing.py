"""Texts of profiles and workflows for tests: a sound pair, and places in it to put something wrong."""

from __future__ import annotations

from textwrap import dedent, indent

from navigation.workflows.files import checked, parse
from navigation.workflows.model import Profile, Workflow
from navigation.workflows.problems import Problem

PROFILE = """\
profile: dpi
languages: [fr, en]
screens:
  login:
    present: {fr: Identifiant, en: User name}
    without_patient: true
  board:
    present: {fr: Tableau, en: Board}
    without_patient: true
  file:
    present: {fr: [Motif, "{ipp}"], en: [Reason, "{ipp}"]}
    banner: [0, 0.05, 1, 0.06]
  bare:
    present: Aide
targets:
  user: {text: {fr: Identifiant, en: User name}, kind: field}
  code: {text: {fr: Mot de passe, en: Password}, kind: field, secret: true}
  enter: {text: {fr: Se connecter, en: Sign in}, synonyms: {fr: Connexion}}
  open: {text: Ouvrir, region: [0, 0, 1, 0.5], allow_disabled: true}
"""
TOP = """\
workflow: tour
application: dpi
"""
LOGIN = """\
- {name: user, navigate: user}
- {type: {text: c.lemoine}}
- {name: code, navigate: code}
- {type: {secret: DPI}}
- {name: enter, navigate: enter, before: login, after: board, flow: login}
"""


def workflow_text(steps: str, *, top: str = TOP) -> str:
    return f"{top}steps:\n{indent(dedent(steps), '  ')}"


def problems_of(steps: str, *, top: str = TOP, profile: str = PROFILE) -> list[Problem]:
    """What is wrong with a workflow of these steps, its profile being sound."""
    _profile, workflow = checked([profile, workflow_text(steps, top=top)], lambda _application: None)
    return list(workflow.problems)


def a_profile(text: str = PROFILE) -> Profile:
    said = parse(text).said
    assert isinstance(said, Profile)
    return said


def a_workflow(steps: str, *, top: str = TOP) -> Workflow:
    """A sound workflow of these steps."""
    assert problems_of(steps, top=top) == []
    said = parse(workflow_text(steps, top=top)).said
    assert isinstance(said, Workflow)
    return said
