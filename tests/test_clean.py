"""What `clean` sets aside as not the article, what it must never touch, and that nothing is lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.clean import REASONS, Cleaned, clean, restore
from ingest.errors import ArticleError
from ingest.load import load
from ingest.records import RawArticle

SEEDS = Path("/work/shared/seeds")
DATA = Path("/work/shared/data")

LEAD = "The ministry said on Tuesday that it would close three of its offices in the north by the end of the year."
DENIAL = "A spokesman said the plan had been agreed with the unions, but two of them denied it in a statement."
QUOTE = "“We were never asked,” said Maria Lopez, who leads the larger of the two unions. “Nobody called us.”"
FIGURES = "The offices employ 412 people, according to figures that the ministry published in March."
PARAGRAPHS = (LEAD, DENIAL, QUOTE, FIGURES)


def cleaned(text: str, **given: str) -> Cleaned:
    return clean(RawArticle("id", "uri", text, given=given))


def reasons(text: str, **given: str) -> list[tuple[str, str]]:
    return [
        (piece.text.strip(), piece.reason) for piece in cleaned(text, **given).set_aside if piece.reason != "layout"
    ]


def between(line: str) -> str:
    return f"{LEAD}\n\n{DENIAL}\n\n{line}\n\n{QUOTE}\n\n{FIGURES}"


def below(line: str) -> str:
    return "\n\n".join((*PARAGRAPHS, line))


def above(line: str) -> str:
    return "\n\n".join((line, *PARAGRAPHS))


SURE_LINES = [
    ("share", "Follow us on Twitter and Instagram to stay connected"),
    ("share", "Follow Al Jazeera English on Facebook"),
    ("share", "Share this article"),
    ("share", "Facebook Twitter WhatsApp Email"),
    ("share", "Facebook"),
    ("share", "Link Copied!"),
    ("share", "12 shares"),
    ("share", "@janedoe"),
    ("share", "Folgen Sie uns auf Twitter"),
    ("share", "Suivez-nous sur Facebook"),
    ("share", "Síguenos en Instagram"),
    ("share", "تابعنا على تويتر"),
    ("share", "Do you have a story? Write to the newsroom."),
    ("promotion", "Join our verified XYZ Telegram channel and get important news first!"),
    ("promotion", "Sign up for our daily newsletter"),
    ("promotion", "Subscribe to The Daily for unlimited stories"),
    ("promotion", "Download the Daily News app for breaking news alerts"),
    ("promotion", "Get the latest headlines delivered to your inbox every morning"),
    ("promotion", "CLICK HERE TO GET THE DAILY NEWS APP"),
    ("promotion", "Support our journalism today"),
    ("reading time", "3 min read"),
    ("reading time", "4 minute read"),
    ("reading time", "Lesezeit: 3 Minuten"),
    ("advert", "Advertisement"),
    ("advert", "ADVERTISEMENT"),
    ("advert", "Article continues below advertisement"),
    ("advert", "Sponsor Message"),
    ("advert", "Anzeige"),
    ("advert", "skip past newsletter promotion"),
    ("caption", "Lawmakers voted on the plan last week [Getty]"),
    ("caption", "A sign outside the office in the old town of Springfield [File: Jane Doe/Reuters]"),
    (
        "caption",
        "Workers practice a fire drill together with their partners near Springfield. (Capt. Jane Doe/U.S. Army)",
    ),
    ("caption", "FILE - The ministry is seen on Jan. 3, 2020. (AP Photo/Jane Doe, File)"),
    ("caption", "Protesters outside the ministry. Photograph: Jane Doe/AFP/Getty Images"),
    ("caption", "A woman walks past the ministry, January 9, 2020. REUTERS/Jane Doe/File Photo"),
    ("caption", "Image source, Getty Images"),
    ("caption", "Photo by Jane Doe"),
    ("related", "Read more: Governor under pressure over plan"),
    ("related", "READ MORE: Governor's plan explained"),
    ("related", "See also: The governor's plan"),
    ("related", "Related stories"),
    ("related", "You may also like"),
    ("related", "Lire aussi : Le plan du gouverneur"),
    ("copyright", "© 2020 The Daily. All rights reserved."),
    (
        "copyright",
        "Copyright 2020 The Associated Press. All rights reserved. This material may not be published or rewritten.",
    ),
    ("notice", "We use cookies to improve your experience on this site."),
    ("notice", "By clicking Accept you agree to our terms"),
    ("notice", "Sign in"),
    ("notice", "Already a subscriber? Log in"),
    ("notice", "Please enable JavaScript to view this page"),
    ("comments", "View comments"),
    ("comments", "12 comments"),
    ("comments", "Comments (4)"),
    ("comments", "Leave a comment"),
    ("tags", "Tags: ministry, unions"),
    ("tags", "#ministry #unions"),
    ("loading", "Loading..."),
    ("loading", "date 2020-01-10 Loading..."),
    ("loading", "Play Video"),
    ("date", "10 January, 2020"),
    ("date", "January 10, 2020"),
    ("date", "Updated 1:23 PM EST, Fri January 10, 2020"),
    ("date", "Posted: Jan 10, 2020 / 04:31 PM CST"),
    ("date", "Last modified on Sat 11 Jan 2020 09.02 GMT"),
    ("date", "Publié le 10 janvier 2020 à 10h15"),
    ("date", "2 hours ago"),
    ("source", "Agencies"),
    ("source", "Source: Reuters"),
    ("source", "(Reuters)"),
    ("source", "- AFP"),
    ("source", "jd/rt (AFP, dpa)"),
    ("source", "Source: Al Jazeera and news agencies"),
    ("source", "With inputs from agencies"),
    ("byline", "By Jane Doe and John Roe"),
    ("byline", "By Jane Doe, Associated Press"),
    ("byline", "Kowalski reported from Springfield."),
    ("byline", "Kowalski reported in Springfield, and Roe in Boston."),
    ("byline", "Additional reporting by Jane Doe"),
    ("byline", "Reporting by Jane Doe; Editing by John Roe"),
    ("byline", "Associated Press writer Jane Doe in Boston contributed to this report."),
]


@pytest.mark.parametrize(("reason", "line"), SURE_LINES, ids=[line for _, line in SURE_LINES])
def test_what_is_not_the_article_is_set_aside_wherever_it_stands(reason: str, line: str) -> None:
    for text in (above(line), between(line), below(line), below(line).replace("\n\n", "\n")):
        assert (line, reason) in reasons(text)
        assert all(paragraph in cleaned(text).text for paragraph in PARAGRAPHS)


KEPT_LINES = [
    "Follow the money, prosecutors said on Friday, and you will find the governor’s Facebook account.",
    "Join the army, his father told him, and he did so on the day after his eighteenth birthday.",
    "Subscribe now or lose your seat, the club told its members in an email that angered many of them.",
    "By Friday, the army had moved into the town.",
    "Read together, the two letters show that the ministry knew about the plan in May.",
    "Watch how he moves, she said.",
    "Copyright law changed on Monday, when the new act came into force across the whole of the country.",
    "Photo: that was the only word on the note, police said, and nobody could explain what it meant.",
    "Reuters reported on Friday that the plan had been agreed.",
    "The minister, according to the Associated Press, denied it.",
    "He said he was at home (his wife confirmed it).",
    "“The [northern] offices are the oldest of all,” she said, “and they will be the first to close.”",
    "Talks between the two countries (US/UK) will go on.",
    "Comments by the minister caused anger in the north.",
    "Sources: three people said they had seen the letter, and none of them would be named because of the trial.",
    "Tags were found on all of the birds.",
    "He left at 10:15 on January 10, 2020.",
    "Sign language is taught at three of the schools.",
    "Email was down for three days, the office said.",
    "“No.”",
    "She said: “Never.”",
    "More than 300 people came.",
    "Related groups protested.",
    "Top officials were told.",
    "Latest figures show a rise of 3 percent.",
    "Live animals were found in the building.",
    "Home prices fell.",
    "Share prices fell.",
    "Print sales fell, too.",
]


@pytest.mark.parametrize("line", KEPT_LINES)
def test_a_sentence_of_the_article_is_never_set_aside(line: str) -> None:
    for text in (above(line), between(line), below(line), below(line).replace("\n\n", "\n")):
        if not line.startswith("Photo:"):
            assert line in cleaned(text).text


def test_a_headline_is_set_aside_each_time_it_is_printed_and_a_standfirst_stays() -> None:
    headline, standfirst = "Ministry to close offices", "Unions deny that they agreed to the plan"
    text = f"{headline}\n\n{headline}\n{standfirst}\n{LEAD}\n{DENIAL}"

    assert reasons(text) == [("Ministry to close offices", "headline")] * 2
    assert cleaned(text).text == f"Unions deny that they agreed to the plan\n{LEAD}\n{DENIAL}"


def test_a_headline_is_known_by_the_title_given_also_with_the_outlets_name_behind_it() -> None:
    text = below("").replace(LEAD, f"Ministry to close three of its offices in the north - The Daily\n\n{LEAD}")

    found = reasons(text, title="Ministry to close three of its offices in the north")

    assert [reason for _, reason in found] == ["headline"]


@pytest.mark.parametrize("text", ["Normans", "A sentence that is the whole article.", "Iraq"])
def test_the_only_line_stays_even_when_it_is_the_title(text: str) -> None:
    assert cleaned(text, title=text) == Cleaned(text, (), {"title": text})


def test_alternative_text_above_a_caption_goes_with_it() -> None:
    caption = "The minister speaking at a ceremony for the fallen in the capital [File: Jane Doe/Reuters]"

    for gap in ("\n", "\n\n"):
        assert reasons(between(f"Minister John Roe{gap}{caption}")) == [
            ("Minister John Roe", "caption"),
            (caption, "caption"),
        ]


def test_text_under_an_image_caption_label_is_the_caption() -> None:
    text = below("").replace(DENIAL, f"Image source, EPA\nImage caption,\nThe minister at home last year.\n\n{DENIAL}")

    assert [reason for _, reason in reasons(text)] == ["caption"] * 3


@pytest.mark.parametrize(
    "line", ["‘Never asked’", "Anger in the north", "## What comes next", "Why is it closing them?"]
)
def test_a_short_line_between_paragraphs_is_a_crosshead(line: str) -> None:
    assert reasons(between(line)) == [(line, "crosshead")]


def test_lists_and_verse_are_not_crossheads() -> None:
    text = between("The offices are:\n- Springfield\n- Shelbyville\n- Ogdenville")

    assert reasons(text) == []


def test_links_below_the_footer_are_set_aside() -> None:
    found = reasons(below("More on this story\n\nUnions threaten strike\n\nGovernor on holiday"))

    assert found[1:] == [("Unions threaten strike", "related"), ("Governor on holiday", "related")]


def test_hard_wrapped_paragraphs_stay_whole() -> None:
    text = (
        "Ministry to close offices\n\nThe ministry said on Tuesday that it would close three of its offices\n"
        "in the north of the country by the end of the year. A spokesman for the\n"
        "Governor said the plan had been agreed with the unions, but two of them\n"
        "denied it in a statement. Nobody has called the\nSpringfield union so far.\n\nAdvertisement\n\n"
        "The offices employ 412 people, according to figures that the ministry\npublished in March.\n"
    )

    assert [reason for _, reason in reasons(text)] == ["headline", "advert"]


DATELINES = [
    "BAGHDAD – ",
    "BEIRUT (AP) — ",
    "WASHINGTON, Jan 10 (Reuters) - ",
    "WASHINGTON/BAGHDAD (Reuters) - ",
    "MOSUL, Iraq (AP) — ",
    "SPRINGFIELD, Ill. (KXYZ) — ",
    "BAGHDAD, Jan. 10 (UPI) -- ",
    "SÃO PAULO (AP) — ",
    "Baghdad (AFP) - ",
    "Baghdad, Iraq – ",
    "BAGHDAD: ",
    "(Reuters) - ",
    "(CNN) — ",
    "(CNN)",
]


@pytest.mark.parametrize("dateline", DATELINES)
def test_a_dateline_is_set_aside_up_to_the_sentence_also_below_a_standfirst(dateline: str) -> None:
    for text in (dateline + LEAD, f"{DENIAL}\n\n{dateline}{LEAD}"):
        assert reasons(text) == [(dateline.strip(), "dateline")]
        assert cleaned(text).text.endswith(LEAD)


@pytest.mark.parametrize(
    "start",
    [
        "BACKGROUND: ",
        "OBJECTIVE — ",
        "NATO – ",
        "COVID-19 – ",
        "DNA - ",
        "UPDATE: ",
        "WHO – ",
        "Q: ",
        "HIV (AIDS) - ",
        "London - ",
    ],
)
def test_labels_and_acronyms_are_no_datelines(start: str) -> None:
    assert reasons(start + LEAD) == []


@pytest.mark.parametrize("credit", [" (Reuters)", " - AFP", " (Reporting by Jane Doe; Editing by John Roe)"])
def test_a_credit_behind_the_last_sentence_is_set_aside(credit: str) -> None:
    assert cleaned("\n\n".join(PARAGRAPHS) + credit).text.endswith(FIGURES)


PAGES = {
    "a British broadcaster": (
        "Ministry to close three northern offices\n\nPublished\n10 January 2020\nShare\nclose panel\nAbout sharing\n"
        "Image source, Getty Images\nImage caption, \nThe ministry's building in the capital\nBy Jane Doe\nBBC News\n\n"
        f"{LEAD}\n\n{DENIAL}\n\nWhy is it closing them?\n\n{QUOTE}\n\n{FIGURES}\n\nYou may also be interested in:\n\n"
        "The town that lost its station\n\nRelated Topics\nEmployment\n\n"
        "More on this story\nUnions strike\n3 days ago\n"
    ),
    "a British newspaper": (
        "Ministry to close three offices in north\n\nJohn Roe in Springfield\n@johnroe\nFri 10 Jan 2020 17.15 GMT\n"
        "Last modified on Sat 11 Jan 2020 09.02 GMT\n\n"
        " Protesters on Thursday. Photograph: Ann Smith/AFP/Getty Images\n\n"
        f"{LEAD}\n\nSign up to First Edition, our free daily newsletter\n\n{DENIAL}\n\nafter newsletter promotion\n\n"
        f"{QUOTE}\n\n{FIGURES}\n\nTopics\nSpringfield\nTrade unions\nnews\nShare\nReuse this content\n"
    ),
    "a cable network": (
        "Ministry closes offices in the north\nBy Jane Doe, John Roe and Ann Smith, CNN\n3 minute read\n"
        f"Updated 1:23 PM EST, Fri January 10, 2020\nLink Copied!\nSpringfield (CNN) — {LEAD}\n{DENIAL}\nAd Feedback\n"
        f"{QUOTE}\n{FIGURES}\nCNN's Bob Brown contributed to this report.\n"
    ),
    "public radio": (
        "Ministry To Close Three Offices\nJanuary 10, 20204:31 PM ET\nHeard on All Things Considered\nBy \nJane Doe\n"
        "Listen· 3:40\nTranscript\nDownload\n\nEnlarge this image\nThe ministry is closing.\n"
        "John Roe/AP\nJohn Roe/AP\n\n"
        f"{LEAD}\n\n{DENIAL}\n\nSponsor Message\n\n{QUOTE}\n\n{FIGURES}\n\nunions\ngovernor\nFacebook\nTwitter\nEmail\n"
    ),
    "a local station": (
        "Home / News / Local News\nMinistry to close three offices\nby Jane Doe | KXYZ\n"
        "Posted: Jan 10, 2020 / 04:31 PM CST\n"
        f"Updated: Jan 11, 2020 / 09:02 AM CST\n\nSPRINGFIELD, Ill. (KXYZ) — {LEAD}\n\n{DENIAL}\n\n"
        f"Read more: Governor under pressure\n\n{QUOTE}\n\n{FIGURES}\n\nHave a news tip? Call us at 555-0100.\n\n"
        "Copyright 2020 KXYZ. All rights reserved.\n"
    ),
    "a Gulf broadcaster": (
        "News|Trade Unions\nMinistry to close three offices\n\nVideo Duration 02 minutes 11 seconds 02:11\n"
        f"By Al Jazeera Staff\nPublished On 10 Jan 2020\n10 Jan 2020\n\nSave\n\n{LEAD}\n\n"
        "list of 3 items\nlist 1 of 3\n"
        f"Who are the unions?\nlist 2 of 3\nWhat the governor wants\nend of list\n\n{DENIAL}\n\n"
        f"‘Never asked’\n\n{QUOTE}\n\n"
        f"{FIGURES}\n\nSource: Al Jazeera and news agencies\n"
    ),
    "a news channel": (
        "Ministry to close three offices\n\nJane Doe\nInternational affairs editor @janedoe\n\n"
        "Friday 10 January 2020 19:12, UK\n\nPlease use Chrome browser for a more accessible video player\n1:22\n\n"
        f"Why you can trust this channel\n\n{LEAD}\n\n{DENIAL}\n\nImage:\nThe ministry at night. Pic: AP\n\n{QUOTE}\n\n"
        f"More from Politics\n\n{FIGURES}\n"
    ),
    "a newspaper with a wire story": (
        "Ministry to close three offices\nTNN | Jan 10, 2020, 08:12 IST\n\nAA\nFollow us\nfacebook\n"
        f"NEW DELHI: {LEAD}\n{DENIAL}\n{QUOTE}\n{FIGURES}\n(With inputs from agencies)\n"
        "(The above article has been published from a wire source with minimal modifications to the headline.)\n"
    ),
    "a wire service": (
        "World News\nJan. 10, 2020 / 2:12 PM\nMinistry to close three offices\nBy Jane Doe\n\n"
        "The ministry is seen in March. File Photo by Ann Smith/UPI | License Photo\n\n"
        f"Jan. 10 (UPI) -- {LEAD}\n{DENIAL}\n{QUOTE}\nAdvertisement\n{FIGURES}\n"
    ),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_of_a_whole_page_only_the_article_stays(page: str) -> None:
    assert cleaned(page).text.split() == " ".join(PARAGRAPHS).split()


@pytest.mark.parametrize("text", ["Loading...", "Share\nTweet\n", "By Jane Doe\nAdvertisement\n3 min read"])
def test_a_page_without_an_article_is_an_error(text: str) -> None:
    with pytest.raises(ArticleError, match="nothing in it is an article"):
        cleaned(text)


def test_a_web_page_gives_its_text_and_what_it_states() -> None:
    page = (
        '<html lang="en"><head><title>x</title><meta property="og:site_name" content="The Daily">'
        '<meta property="article:published_time" content="2020-01-10T23:30:00-05:00">'
        '<link rel="canonical" href="https://daily.example/2019/05/06/a"></head><body><nav>Home</nav><article>'
        f"<h1>Ministry to close offices</h1><p>BEIRUT (AP) — {LEAD}</p><p>{DENIAL}</p><p>{QUOTE}</p>"
        "</article></body></html>"
    )

    result = clean(RawArticle("id", "uri", page, is_html=True, given={"outlet": "Given"}))

    assert result.text == f"{LEAD}\n\n{DENIAL}\n\n{QUOTE}"
    assert {piece.reason for piece in result.set_aside} == {"headline", "dateline", "page"}
    assert result.given == {
        "title": "Ministry to close offices",
        "outlet": "Given",
        "published_on": "2020-01-10",
        "url": "https://daily.example/2019/05/06/a",
        "language": "en",
    }


def test_what_else_stands_on_a_web_page_is_set_aside_where_it_stood() -> None:
    page = (
        "<html><head><title>Title</title><style>p {}</style></head>"
        "<body><nav><ul><li>Home<li><a>World</a> news</ul></nav><article><h1>Ministry to close offices</h1>"
        f"<p>BEIRUT (AP) — {LEAD}</p><figure><figcaption>The ministry on Friday.</figcaption></figure>"
        f"<p>{DENIAL}</p><script>var words = 'of a script'</script><table><tr><td>Offices<td>3</table><p>{QUOTE}</p>"
        "</article><p style='display: none'>Unseen</p><aside><b>Most</b> read<br>A storm</aside><footer>* * *</footer>"
        "</body></html>"
    )

    result = clean(RawArticle("id", "uri", page, is_html=True))

    assert result.text == f"{LEAD}\n\n{DENIAL}\n\n{QUOTE}"
    below_lead, below_denial, end = len(LEAD) + 2, len(LEAD + DENIAL) + 4, len(result.text)
    assert [(piece.at, piece.text.strip(), piece.reason) for piece in result.set_aside] == [
        (0, "Home", "page"),
        (0, "World news", "page"),
        (0, "Ministry to close offices", "headline"),
        (0, "BEIRUT (AP) —", "dateline"),
        (below_lead, "The ministry on Friday.", "page"),
        (below_denial, "Offices", "page"),
        (below_denial, "3", "page"),
        (end, "Most read", "page"),
        (end, "A storm", "page"),
    ]


@pytest.mark.parametrize(
    "rest",
    ["<div>A story of another page</div>" * 100_000, "<b>word</b> " * 90_000, "<i>x</i><br>" * 60_000],
    ids=["menus", "one block", "letters"],
)
def test_what_is_kept_of_a_hostile_web_page_is_bounded(rest: str) -> None:
    page = f"<html><body><article><p>{LEAD}</p><p>{DENIAL}</p><p>{QUOTE}</p></article>{rest}</body></html>"

    result = clean(RawArticle("id", "uri", page, is_html=True))

    assert result.text == f"{LEAD}\n\n{DENIAL}\n\n{QUOTE}"
    assert sum(len(piece.text.strip()) for piece in result.set_aside) <= 200_000
    assert 0 < len(result.set_aside) <= 10_000


@pytest.mark.parametrize(
    "page",
    ["<p>", "<nav>Home</nav>", "<div>" * 5000, "<p>" * 300_000, "<div>" * 300 + "x", "<script>" * 5000, "\x01"],
    ids=["nothing", "a menu", "deep", "many", "deep and open", "scripts", "control"],
)
def test_a_web_page_without_an_article_is_an_error_and_never_a_crash(page: str) -> None:
    with pytest.raises(ArticleError):
        clean(RawArticle("id", "uri", page, is_html=True))


def test_a_page_states_no_date_that_only_stands_in_digits_or_its_address() -> None:
    page = f"<html><body><article><p>{LEAD} 2019-01-02</p><p>{DENIAL}</p></article></body></html>"
    raw = RawArticle("id", "uri", page, is_html=True, given={"url": "https://a.example/2020/01/02/x"})

    assert "published_on" not in clean(raw).given


LINES = st.sampled_from(
    [*PARAGRAPHS, *(line for _, line in SURE_LINES), *KEPT_LINES, "", " ", "\t", "x", "BAGHDAD – Iraq"]
)


@settings(max_examples=300, deadline=None)
@given(
    text=st.lists(LINES | st.text(max_size=60), max_size=14).map("\n".join) | st.text(max_size=300),
    title=st.sampled_from(["", LEAD, "x", KEPT_LINES[0]]),
)
def test_the_pieces_put_back_give_the_source_exactly(text: str, title: str) -> None:
    source = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").removeprefix("\ufeff")
    try:
        result = cleaned(text, title=title)
    except ArticleError:
        return
    if source.isascii():
        assert restore(result.text, result.set_aside) == source
    assert len(restore(result.text, result.set_aside)) == len(result.text) + sum(len(p.text) for p in result.set_aside)
    assert result.text == result.text.strip() != ""
    assert all(piece.reason in REASONS and piece.text for piece in result.set_aside)
    assert [piece.at for piece in result.set_aside] == sorted(piece.at for piece in result.set_aside)
    assert all(0 <= piece.at <= len(result.text) for piece in result.set_aside)


@pytest.mark.parametrize(
    "text",
    [
        "word " * 2_000_000,
        "word and " * 22_000,
        "\n".join(["x" * 50_000] * 40),
        "\n\n".join([LEAD] * 20_000),
        "[" * 290 + "\n" + "(" * 690 + ")",
        LEAD + "\n" + ("Photo: A " * 30 + "z.\n") * 2000,
        ("share tweet " * 24 + "z\n") * 2000,
        ("all the " * 35 + "z\n") * 2000,
        ("AB-CD EF " * 30 + "\n") * 2000,
        "\n" * 1_000_000 + LEAD,
    ],
    ids=[
        "10 MB line",
        "no full stop",
        "long lines",
        "2 MB",
        "brackets",
        "photo",
        "share",
        "comments",
        "capitals",
        "blank",
    ],
)
def test_time_grows_with_the_text_and_not_with_its_square(text: str) -> None:
    start = time.perf_counter()

    result = cleaned(text)

    assert time.perf_counter() - start < 8
    assert restore(result.text, result.set_aside) == text


@pytest.mark.parametrize("name", ["squad2_dev", "xquad_en", "clapnq_dev", "scifact", "ramdocs"])
def test_almost_nothing_of_a_clean_corpus_is_set_aside(name: str) -> None:
    path = DATA / name / "corpus.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is not here, so the corpus cannot be checked")
    raws = [raw for raw in load([path], max_bytes=10**7) if isinstance(raw, RawArticle)][:1500]

    results = [clean(raw) for raw in raws if len(raw.body) > 20]

    n_aside = sum(len(piece.text) for result in results for piece in result.set_aside)
    assert n_aside < 0.005 * sum(len(raw.body) for raw in raws)


EXPECTED_SEEDS = {
    "000": ["loading", "dateline", "byline"],
    "001": ["source"],
    "002": ["headline", "headline", "reading time", "date", "caption", "share"],
    "003": ["headline", "caption", "caption", "crosshead", "caption", "caption", "source"],
    "004": ["promotion", "headline", "caption", "date"],
}


@pytest.mark.parametrize(("prefix", "expected"), EXPECTED_SEEDS.items())
def test_the_five_original_pages_lose_exactly_what_is_not_theirs(prefix: str, expected: list[str]) -> None:
    if not SEEDS.exists():
        pytest.skip(f"{SEEDS} is not here, so the original pages cannot be checked")
    (raw,) = load(list(SEEDS.glob(f"{prefix}_*.txt")), max_bytes=10**6)
    assert isinstance(raw, RawArticle)

    assert [piece.reason for piece in clean(raw).set_aside if piece.reason != "layout"] == expected
