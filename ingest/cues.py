"""Words that report what somebody said, in all their forms.

Example: `CUE.search("the mayor has warned that …")` finds `warned`.
Source: verbs of communication in Levin 1993 (37.1 to 37.9), as far as news uses them of statements.
"""

from __future__ import annotations

import re

_REGULAR = """
accuse acknowledge add admit advise affirm agree allege announce answer appeal applaud argue assail assert assure
bemoan blame blast boast chant concur counsel cry deplore deride fume grumble lambaste liken mock muse rail reason
recount roar snap sneer speculate tease theorize
caution challenge claim comment complain concede conclude condemn confess confirm congratulate contend continue
counter criticise criticize declare decline decry demand denounce describe disclose dismiss echo elaborate emphasise
emphasize estimate exclaim explain express hail hint imply indicate inform insist instruct invite joke lament laugh
maintain mention murmur mutter note object observe offer order outline plead pledge post praise preach predict
proclaim promise propose protest question quip reaffirm recall recommend reiterate reject relate remark remind repeat
report request respond retort reveal rule scoff scream shout sigh signal slam state stress suggest summarise testify
thank threaten tout tweet underline underscore urge voice volunteer vow warn welcome whisper wonder yell
""".split()
_DOUBLED = {"quip": "quipp", "signal": "signall", "admit": "admitt", "plead": "plead"}
_IRREGULAR = """
say says said saying tell tells told telling write writes wrote written writing speak speaks spoke speaking
swear swears swore deny denies denied denying reply replies replied replying testify testifies testified testifying
begin begins began beginning find finds found finding
beg begs begged begging ask asks asked asking put puts read reads call calls called calling
""".split()
_WITH_PARTICLE = (
    r"sho(?:o)?ts? back|fire(?:s|d) back|hit(?:s)? back|chime(?:s|d) in|weigh(?:s|ed) in|"
    r"call(?:s|ed|ing)? (?:on|upon|for)|point(?:s|ed|ing)? out|went on|goes on|put(?:s)? it|makes? clear|made clear|"
    r"spell(?:s|ed) out"
)
# What is a deed, a noun or a thought as often as a word of saying counts only where "that" or a quotation follows.
_WEAK = """
accuse add agree answer appeal applaud assail blame blast chant counsel cry deplore deride lambaste liken mock muse
rail reason recount roar scoff snap sneer tease caution challenge claim comment condemn confirm continue counter decline
demand describe dismiss estimate express hail hint imply indicate inform invite joke laugh mention note object observe
offer order outline plead pledge post praise predict promise protest question recall recommend reject relate reply
report request respond reveal rule scream shout sigh signal state stress suggest testify thank threaten tout tweet
underline underscore voice volunteer welcome wonder yell
""".split()
# Of these, what reports speech also where it ends a sentence: "The plot was foiled, Quill suggested on Thursday."
_CLOSING = """
add agree claim confirm comment continue estimate hint imply indicate joke note object predict promise recall reply
report respond reveal signal stress suggest testify state
""".split()
# "The minister’s announcement that …"
_NOUNS = "announcement assertion allegation accusation admission assurance insistence suggestion".split()
_WEAK_FORMS = (
    "begin begins began beginning find finds found finding beg begs begged begging speak speaks spoke speaking put "
    "puts read reads call calls called calling write writes wrote writing"
)
_WEAK_WITH_PARTICLE = frozenset(
    "shot back,shoots back,fired back,fires back,hit back,hits back,chimed in,chimes in,weighed in,weighs in".split(",")
)


def _forms(verb: str) -> list[str]:
    stem = _DOUBLED.get(verb, verb)
    if verb.endswith("e"):
        return [verb, verb + "s", verb + "d", verb[:-1] + "ing"]
    if verb.endswith("y"):
        return [verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"]
    third = verb + ("es" if verb.endswith(("s", "sh", "ch")) else "s")
    return [verb, third, stem + "ed", stem + "ing", verb + "ed", verb + "ing"]


VERBS = sorted({form for verb in _REGULAR for form in _forms(verb)} | {*_IRREGULAR, *_NOUNS}, key=len, reverse=True)
WEAK = frozenset(
    {form for verb in _WEAK for form in _forms(verb)} | {*_WEAK_FORMS.split(), *_NOUNS} | _WEAK_WITH_PARTICLE
)
CLOSING = frozenset(form for verb in _CLOSING for form in _forms(verb))
CUE = re.compile(rf"(?<![\w-])(?:{_WITH_PARTICLE}|{'|'.join(VERBS)})(?![\w-])")  # with a capital it is a noun: State
ACCORDING = re.compile(r"\b(?:according to|in the words of|as quoted by)\b", re.IGNORECASE)
