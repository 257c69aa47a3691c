"""All broken servers, by name, and what no broken server shows."""

from collections.abc import Mapping
from typing import Final

from support.mutants import Mutant
from support.mutants_of_answers import OF_ANSWERS
from support.mutants_of_the_mock import OF_CHUNKS, OF_INIT, OF_STATE, OF_THE_PLAN

CHAPTERS: Final[Mapping[str, Mapping[str, Mutant]]] = {
    "The plan": OF_THE_PLAN,
    "Init and status": OF_INIT,
    "A chunk": OF_CHUNKS,
    "The upload URL, and what is left behind": OF_STATE,
    "Answers": OF_ANSWERS,
}
MUTANTS: Final[Mapping[str, Mutant]] = {name: one for table in CHAPTERS.values() for name, one in table.items()}

WITHOUT_A_BUG_OF_THEIR_OWN: Final = frozenset({"S-CHUNK-EXAMPLE-50M", "S-CHUNK-EXAMPLE-4M"})
"""What breaks the guide's examples breaks S-CHUNK-206 or S-CHUNK-201 as well, which are to catch it."""

INVISIBLE: Final = (
    "Bytes of two requests mixed into one chunk (S-ORDER-PARALLEL): no endpoint of TikTok's gives the bytes back.",
    "A final chunk above 128 MB (S-PLAN-FINAL-MAX): no plan that the count rule allows has one.",
    "A LAST that is TOTAL, where the length of each chunk is compared with the plan: refused with the same 400.",
    "GET, HEAD, POST or OPTIONS on the upload_url: reported (S-HEAD-METHOD), since nothing says what is right.",
    "A post that is processed for ever: S-STATUS-END is skipped with the reason after some seconds.",
)
"""Bugs that no case can see from outside, each with the reason."""
