"""Cases that report how a target reads what the guide leaves open about a plan."""

from collections.abc import Iterable
from typing import Final

from conformance.cases import Case, Run, SkipError
from conformance.puts import Plan
from conformance.server.plan import ACCEPT, outcome_of
from conformance.terms import Terms
from conformance.trial import Trial

_FOUR_GB: Final = 4_000_000_000


def cases(terms: Terms) -> Iterable[Case]:
    """The reported clauses of the chapter."""
    mb = terms.unit
    example, late = Plan(50 * mb + 123, 10 * mb, 5), Plan(2 * 10 * mb - 1, 10 * mb, 1)
    yield _shows("S-PLAN-COUNT-READING/guide-example", "The guide's own example.", example, "count_rule", "floor")
    yield _shows(
        "S-PLAN-WHOLE-SIZE/nearly-two", "One chunk of 10 MB for nearly 20.", late, "single_chunk_size", "any"
    )
    one_more = Plan(terms.least + 1, terms.least, 1)
    sentence = "5 MB and a byte, with a chunk_size of 5 MB."
    yield _shows("S-PLAN-WHOLE-SIZE/one-byte-more", sentence, one_more, "single_chunk_size", "any")
    yield Case("S-PLAN-LARGEST/4-gb", "A video of exactly 4 GB.", _largest(_FOUR_GB))
    yield Case("S-PLAN-LARGEST/4-gb-and-a-byte", "A video of 4 GB and a byte.", _largest(_FOUR_GB + 1))
    yield Case("S-PLAN-LARGEST/4-gib-and-a-byte", "A video of 4 GiB and a byte.", _largest(2**32 + 1))
    yield Case("S-PLAN-UNIT/at-5-mb", "Chunks of 5,000,000 bytes, and of one byte less.", _lower)
    yield Case("S-PLAN-UNIT/at-64-mb", "A chunk of 64 MiB, and one of a byte more than 64 MB.", _upper)


_OTHER: Final = {"floor": "equal_split", "any": "equal"}


def _shows(case_id: str, sentence: str, plan: Plan, switch: str, accepted: str) -> Case:
    async def run(trial: Trial) -> None:
        await trial.ready()
        outcome = outcome_of(await trial.init(plan.source_info()))
        trial.report(switch, accepted if outcome == ACCEPT else _OTHER[accepted], outcome)

    return Case(case_id, sentence, run)


def _largest(size: int) -> Run:
    async def run(trial: Trial) -> None:
        count = -(-size // trial.terms.most)
        if count > 1000:
            raise SkipError(f"with a MB of {trial.terms.mb} bytes no plan reaches 4 GB")
        await trial.ready()
        outcome = outcome_of(await trial.init(Plan(size, size // count, count).source_info()))
        limit = "none" if outcome == ACCEPT else "4000000000"
        if size > _FOUR_GB:
            trial.report("largest_video", limit, outcome)
        else:
            trial.reported, trial.actual = f"a video of 4 GB: {outcome}", outcome

    return run


async def _accepts(trial: Trial, plan: Plan) -> bool:
    return outcome_of(await trial.init(plan.source_info())) == ACCEPT


async def _lower(trial: Trial) -> None:
    await trial.ready()
    edge = 5 * trial.terms.unit
    if not await _accepts(trial, Plan.of_chunks(edge, 3)):
        value = "1048576" if trial.terms.mb is None else f"above {trial.terms.mb}"
    elif await _accepts(trial, Plan.of_chunks(edge - 1, 3)):
        value = f"below {trial.terms.unit}"
    else:
        value = str(trial.terms.unit)
    trial.report("mb", value, f"the least chunk_size is 5 times {value}")


async def _upper(trial: Trial) -> None:
    await trial.ready()
    small = trial.terms.unit
    large = trial.terms.mb or 1_048_576
    if await _accepts(trial, Plan.of_chunks(64 * large + 1, 2)):
        value = f"above {large}"
    elif await _accepts(trial, Plan.of_chunks(64 * large, 2)):
        value = str(large)
    else:
        accepted = await _accepts(trial, Plan.of_chunks(64 * small, 2))
        value = str(small) if accepted else f"below {small}"
    trial.report("mb_above", value, f"the largest chunk_size is 64 times {value}")
