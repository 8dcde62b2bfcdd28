from tests.navconsole.replay.recorded import filled as filled
from tests.navconsole.replay.recorded import recorded as recorded
from tests.navconsole.replay.recorded import store as store
