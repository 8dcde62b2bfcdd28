"""What the store says to people, whole sentences that are never put together: ids of the console's catalogues.

Each tells what happened, what it means and what to do. None holds a value, so none can hold patient text.
"""

from __future__ import annotations

# the database and its disk
BUSY = "The database is busy with other writes. Nothing was lost or changed; try again in a few seconds."
FULL = "The disk that holds the database and the screenshots is full. Nothing was changed; make room and try again."
READ_ONLY = "The database may only be read: its disk or its file is read-only. Check the mount and the access rights."
NO_HANDLES = (
    "The system lets the server open no more files just now. Nothing was changed; try again in a few seconds. If it "
    "goes on, raise the limit of open files (LimitNOFILE)."
)
LONG_READ = (
    "This question to the database took more than a minute and was ended, so that others can go on. Ask for less: a "
    "shorter time, or fewer filters."
)
DAMAGED = (
    "The database file is damaged. What can be read is shown, and nothing is written. Stop the server, run “navconsole "
    "doctor --deep”, then “navconsole restore” with the last backup."
)
DAMAGED_INDEX = (
    "An index of the database is damaged; the records themselves are sound. Nothing is written meanwhile. Stop the "
    "server and run “navconsole reindex”."
)
INPUT_OUTPUT = "The disk did not read or write the database. Check the disk before starting again."

# alerts
NOT_GIVEN_UP = (
    "This message is not one that was given up: it was sent, or it is still being tried. Load the page again."
)

# workflows and profiles
OTHER_VERSION = (
    "Somebody stored another version meanwhile. Nothing was changed; look at what they changed before storing yours."
)

# opening
NEWER = (
    "The database was made by a newer version of the program. Install that version again, or restore the backup "
    "made before the upgrade."
)
GONE = (
    "The database is missing although this folder held one. Check that its disk is mounted, or restore the last "
    "backup. To start anew on purpose, remove the marker file (its name ends in .instance.json)."
)
OTHER_DATABASE = (
    "The database is not the one that belongs to this folder. Put the right file back, or remove the marker file "
    "(its name ends in .instance.json) if the change is on purpose."
)
MARKER_UNREADABLE = (
    "The marker file beside the database (its name ends in .instance.json) cannot be read. Restore it from the backup, "
    "or remove it."
)
NO_DATABASE = "There is no database here. Check the path and the mount, or allow a new one to be created."

# backups
HELD = "A backup or a purge is under way on this folder. Nothing was changed; wait until it has ended and try again."
NOT_OURS = "This file is a database, but not one of navconsole. Nothing was changed; name the right file."
NOT_WHOLE = (
    "This backup is not whole: a part of it is missing or is not what was written. The data in use was not touched; "
    "take another backup."
)
NO_BACKUP = "There is no backup here: no manifest was found. Name the folder, or the .tar file, that the backup wrote."
NEWER_BACKUP = (
    "This backup was made by a newer version of the program. The data in use was not touched; install that version, or "
    "take an older backup."
)
OTHER_INSTALLATION = (
    "This backup is of another installation than the data in this folder. Nothing was changed; take the right backup, "
    "or say that the change is on purpose."
)
BACKUP_THERE = "There is something of this name already. Nothing was written; choose another name."

# attempts
OTHER_RUN = "A run with this id is stored with other content. Use a new id for a new run."
OTHER_ATTEMPT = "An attempt with this id is stored with other content. Use a new id for a new attempt."
DECIDED = "This attempt is decided already; the first decision stands."
UNDECIDED = "This attempt is not decided yet, so it cannot be finished."
FINISHED = "This attempt is finished already; its result stands."
UNKNOWN_ATTEMPT = "No attempt with this id is stored."
DANGLING = "The attempt names a run, a picture or a configuration that is not stored. Store those first."
NO_PICTURE = "The OCR page belongs to a picture that is not stored. Store the picture first."
NO_PICTURE_OF_REPLY = "The model's reply is about a picture that is not stored. Store the picture first."
NO_CONFIG = "No configuration is active yet. Start the server once; it stores and activates its own."
UNKNOWN_CONFIG = "No configuration with this number is stored. Nothing was changed."
OTHER_CONFIG = (
    "Another configuration was put into use meanwhile. Nothing was changed; look at the one in use now and decide anew."
)

OTHER_TRIAL = "A configuration is on trial already. Nothing was changed; end that trial first."
NO_TRIAL = "This trial has ended already, or there is none. Nothing was changed; look at how it stands now."

# stops and runs that wait
HALTED = "Robots may not press anything here: they were stopped, or a person has the run. Nothing was changed."
NOT_STOPPED = "These robots are not stopped, or were let go already. Nothing was changed."
UNKNOWN_RUN = "No run with this id is stored."
NOT_WAITING = (
    "This run does not wait for that any more: somebody else was quicker, or it went on. Look at how it stands now."
)

# workflows
LEASED = (
    "Another agent works on this machine. Nothing was begun; wait until its run has ended, or name another machine."
)
LEASE_LOST = (
    "This agent holds the machine no more: it was silent for too long, or began anew. Do nothing on the screen; "
    "open the run again."
)
OTHER_CLIENT = "This run is another agent's. Nothing was changed; open a run of your own."
ANSWERED = "This run does not wait for that any more: it went on, or has ended. Ask for its instruction anew."

# labels
LABELLED_MEANWHILE = (
    "Somebody else has labelled this case meanwhile. Nothing was overwritten; look at both answers and decide."
)
NOTHING_TO_UNDO = "You have given no label that still stands, so there is nothing to take back."
EMPTY_SAMPLE = "No finished attempt fits these filters, so there is nothing to draw. Choose wider ones."
NO_UNIT_LEFT = (
    "Every target that was looked for there is in an audit sample already, so there is none to draw. Label those, or "
    "wait until the robots have met others."
)

# certificates
UNKNOWN_PLAN = "No plan with this id is stored. Declare one first."
LOOKED_MEANWHILE = "Somebody else has looked at the labels meanwhile. Nothing was spent; look again."

# remembered places
NO_PLACE = "This place is not remembered any more: it was forgotten meanwhile. Nothing was changed."
OTHER_PLACE = (
    "This place changed meanwhile: it was learned anew, contradicted, or somebody else decided about it. Nothing was "
    "changed; look at it as it is now."
)
NOTHING_TO_TRY = "This application has no finished attempt yet, so there is nothing to try a policy on."
TRIAL_RUNS = (
    "Another policy is being tried on the records. One at a time, so that the robots keep the machine; wait for it, or "
    "end it."
)

# replay in bulk
NO_REPLAY = "There is no such replay. Nothing was changed."
NOTHING_TO_REPLAY = (
    "None of the attempts that are asked for can be decided again: none was found, or all ended by circumstances that "
    "limits have no part in. Ask for others."
)
REPLAY_TAKEN = (
    "Another worker has this replay. Nothing was computed twice; wait until it is through, or until it has been silent "
    "for half a minute."
)
REPLAY_MOVED = (
    "This replay is somewhere else by now: through, cancelled, or gone on with. Nothing was changed; look at it again."
)

# cases
NO_CASE = "There is no such case. It may have been taken back meanwhile; nothing was changed."
NO_CASE_SET = "There is no such set of cases. It may have been deleted meanwhile; nothing was changed."
EXPORT_CHANGED = "This export is somewhere else by now: made, removed or failed. Look at it again; nothing was changed."
OTHER_CASE = "A case of the file is stored here with other content. Nothing was brought in."

# accounts
NAME_TAKEN = "There is an account with this name already (case does not count). Choose another name."
NO_USER = "There is no account with this id."
LAST_ADMIN = "This is the last administrator who may log in. Make another one first; nothing was changed."
LOGOUT_SPENT = "This log-out was carried out before. Nothing was changed."
SUBJECT_TAKEN = "Another account has this subject at the provider already. Nothing was changed."
NO_FACTOR = "This account has no second factor. Set one up first."
SECRET_TAKEN = "This secret is in use already. Draw a new one."

ALL: tuple[str, ...] = tuple(value for name, value in sorted(globals().items()) if name.isupper() and name != "ALL")
