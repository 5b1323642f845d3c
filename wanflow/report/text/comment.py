"""What a production asks for beyond a revision, for people: on a terminal, and as Markdown for a pull request."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence

from wanflow.characters import shown
from wanflow.graph.node import cut_id
from wanflow.messages import joined, tr, trn
from wanflow.money import Bound, Cost, amount_text
from wanflow.patterns import pattern
from wanflow.planner.plan import ReasonCode
from wanflow.records import immutable
from wanflow.report.changes import ProductionDiff, ShotChange, ShotState
from wanflow.report.text.node import word_diff
from wanflow.report.text.table import PIPE, Column, Screen, table
from wanflow.report.text.words import WordChange, cost_text, count, edited_words, seconds_text

STATES = {
    ShotState.NEW: tr("new"),
    ShotState.CHANGED: tr("changed"),
    ShotState.RENAMED: tr("renamed"),
    ShotState.FOLLOWS: tr("follows"),
    ShotState.RENDERED: tr("rendered"),
    ShotState.REMOVED: tr("removed"),
}
STYLES = {
    ShotState.NEW: "green",
    ShotState.CHANGED: "yellow",
    ShotState.FOLLOWS: "yellow",
    ShotState.REMOVED: "red",
}
COLUMNS = (
    Column(tr("shot")),
    Column(tr("state"), styled=True),
    Column(tr("model"), below=2),
    Column(tr("takes"), right=True),
    Column(tr("to pay"), right=True),
    Column(tr("billed"), right=True),
    Column(tr("before"), right=True),
    Column(tr("price"), right=True),
    Column(tr("why"), wraps=True, below=1),
)
COMMENT_CHARACTERS = 65_536
"""Maximum UTF-16 units of a comment on GitHub."""
TABLE_CHARACTERS = 30_000
"""Maximum of them for the table of shots, so that prompts have room."""
LAST_CHARACTERS = 600
"""UTF-16 units that the last lines of a comment need."""
SHOWN_PROMPT = 4_000
"""Maximum characters of a prompt in a comment."""
EDIT_MARKS = {WordChange.SAME: "", WordChange.GONE: "~~", WordChange.CAME: "**"}
MARKER = "<!-- wanflow diff -->"
"""First line of a comment, by which a workflow finds its own one."""
PICTURES_BEGIN, PICTURES_END = "<!-- pictures -->", "<!-- end of pictures -->"
"""Lines around the pictures of a comment."""
_COMPARED = {ReasonCode.PROMPT_CHANGED, ReasonCode.PARAMETER_CHANGED, ReasonCode.INPUT_CHANGED}

PICTURE_WIDTH = 320
"""Width of a picture in a comment, in pixels."""


@immutable
class ShownPictures:
    """Pictures of takes: the address of their folder, and their names in it by the digests of the takes."""

    address: str
    names: Mapping[str, str]

    def cell(self, take: str | None, words: str) -> str:
        """The picture of a take as a cell of a table, with `words` for those who do not see it; empty without one."""
        name = None if take is None else self.names.get(take)
        address = html.escape(f"{self.address.rstrip('/')}/{name}")
        return "" if name is None else f'<img src="{address}" width="{PICTURE_WIDTH}" alt="{words}">'


def diff_text(diff: ProductionDiff, screen: Screen = PIPE) -> str:
    """The changes as a table, then the words that changed, and the price."""
    rows = [_cells(change) for change in diff.shots]
    styles = [STYLES.get(change.state, "") for change in diff.shots]
    blocks: list[list[str]] = [
        [tr("{title} since {revision}", title=shown(diff.title, 200), revision=_revision(diff))],
        table(COLUMNS, rows, screen, styles).lines(),
        [shown(screen.complete(line)) for line in _details(diff)],
        [shown(screen.complete(line)) for line in (price_line(diff), *notes(diff))],
    ]
    return joined("\n\n", [joined("\n", block) for block in blocks if block])


def _revision(diff: ProductionDiff) -> str:
    return diff.commit[:12] if diff.commit.startswith(diff.revision) else f"{shown(diff.revision)} ({diff.commit[:12]})"


def _cells(change: ShotChange) -> tuple[str, ...]:
    """A shot as cells, in the order of the columns."""
    was, now = change.takes
    reasons = [reason.text for reason in change.reasons if reason.code not in _COMPARED]
    why: list[str] = [tr("it was `{former}`", former=change.former)] if change.former else []
    why += [each.key for each in change.differences]
    why += [] if change.state is ShotState.NEW else reasons
    billed = count(change.images, "picture") if change.images else seconds_text(change.seconds) if change.steps else ""
    return (
        change.shot,
        STATES[change.state],
        change.model,
        str(now) if was in {0, now} else f"{was} → {now}",
        str(len(change.steps) or ""),
        billed,
        cost_text(change.before),
        cost_text(change.cost),
        joined("; ", why),
    )


def _details(diff: ProductionDiff) -> Iterator[str]:
    """The old and the new values of shots and cuts, line by line."""
    for change in diff.shots:
        if change.differences:
            yield change.shot
        for each in change.differences:
            if each.code is ReasonCode.PROMPT_CHANGED:
                yield f"  {each.key}"
                yield f"    {word_diff(each.old, each.new)}"
            else:
                yield joined("", ("  ", each.text))
    for cut in diff.cuts:
        yield tr("cut:{name} ({state})", name=cut.cut, state=STATES[cut.state])
        yield from (joined("", ("    - ", line)) for line in cut.gone)
        yield from (joined("", ("    + ", line)) for line in cut.came)


def price_line(diff: ProductionDiff) -> str:
    """What the changed shots cost, how much of it is new, and what the whole production costs before and now."""
    takes = count(len(diff.steps), "take")
    what = (
        tr("{takes} of changed shots to pay: {cost}", takes=takes, cost=_amount(diff.changed))
        if diff.paid
        else tr("{takes} of changed shots, free here, list price: {cost}", takes=takes, cost=_amount(diff.changed))
    )
    return tr(
        "{what}; difference: {added} (the whole production: {before} before, {now} now)",
        what=what,
        added=_amount(diff.added, signed=True),
        before=_amount(diff.before),
        now=_amount(diff.cost),
    )


def _amount(cost: Cost, *, signed: bool = False) -> str:
    """`7.20 CNY`, `≤ 7.20 CNY`, or `0 CNY`; with a sign `+7.20 CNY`, `≤ +7.20 CNY`, or `-2.40 CNY`."""
    if cost.amount is None:
        return tr("unknown")
    sign = "-" if cost.amount < 0 else "+" if signed and cost.amount > 0 else ""
    mark = "≤ " if cost.bound is Bound.AT_MOST else ""
    return f"{mark}{sign}{amount_text(abs(cost.amount))} {cost.currency}"


def notes(diff: ProductionDiff) -> Iterator[str]:
    """That nothing changed, and what limits the comparison: no production, errors in it, media that are not here."""
    if not diff.shots and not diff.cuts:
        yield tr("nothing is asked for beyond {revision}", revision=_revision(diff))
    if not diff.exists:
        yield tr("note: the production is not in {revision}: all of it is new", revision=_revision(diff))
    for problem in diff.problems[:MOST_NOTED]:
        yield tr(
            "note: the production in {revision} has an error, so all of it is new: {place}: {message}",
            revision=_revision(diff),
            place=problem.place,
            message=problem.message,
        )
    for problem in diff.unread[:MOST_NOTED]:
        yield tr(
            "note: in {revision}: {place}: {message}",
            revision=_revision(diff),
            place=problem.place,
            message=joined("; ", filter(None, (problem.message, problem.hint))),
        )
    more = max(len(diff.problems), len(diff.unread)) - MOST_NOTED
    if more > 0:
        yield tr("note: and {number} more", number=more)


MOST_NOTED = 5
"""Maximum problems of a revision that are told."""


def diff_markdown(diff: ProductionDiff, screen: Screen = PIPE, pictures: ShownPictures | None = None) -> str:
    """A comment for GitHub, no longer than it may be: the price, a table of shots, then prompts and cuts by word.

    No text of a production becomes a link, a picture, a mention, a reference or a mark of its own. `pictures` are
    shown of each shot, before and now.
    """
    text = "\n\n".join(_heading(diff, screen))
    rows = [_table_row([screen.complete(cell) for cell in _cells(change)]) for change in diff.shots]
    if rows:
        titles = _table_row([screen.complete(column.heading) for column in COLUMNS])
        lines = "| " + " | ".join("---:" if column.right else "---" for column in COLUMNS) + " |"
        text, left = _appended(f"{text}\n\n{titles}\n{lines}", [f"\n{row}" for row in rows], TABLE_CHARACTERS)
        if left:
            told = trn("{number} more shot is not shown.", "{number} more shots are not shown.", left)
            text += f"\n\n{escaped(screen.complete(told), 300)}"
    shown = () if pictures is None else _picture_blocks(diff, screen, pictures)
    blocks = [f"\n\n{block}" for block in (*shown, *_shot_blocks(diff, screen), *_cut_blocks(diff, screen))]
    text, left = _appended(text, blocks, COMMENT_CHARACTERS - LAST_CHARACTERS)
    if left:
        told = trn(
            "The details of {number} shot or cut are not shown.", "The details of {number} more are not shown.", left
        )
        told = joined(" ", (told, tr("`wanflow diff` shows all of them.")))
        text += f"\n\n{escaped(screen.complete(told), 300)}"
    return text


def _heading(diff: ProductionDiff, screen: Screen) -> Iterator[str]:
    """The paragraphs above the table: what it is about, the price, the revision, and what limits the comparison."""
    yield MARKER
    yield f"### wanflow: {escaped(diff.title, 200)}"
    yield f"**{escaped(screen.complete(price_line(diff)), 1_000)}**"
    since = tr("since {revision}, on {backend}", revision=_revision(diff), backend=diff.backend)
    yield escaped(screen.complete(since), 1_000)
    for note in notes(diff):
        yield f"> {escaped(screen.complete(note), 2_000)}"


def _table_row(cells: Sequence[str]) -> str:
    """A row of the table of shots; an amount stays in one line."""
    marked = [escaped(cell, 300) for cell in cells]
    whole = [
        cell.replace(" ", "&nbsp;") if column.right else cell for column, cell in zip(COLUMNS, marked, strict=True)
    ]
    return "| " + " | ".join(whole) + " |"


def _appended(text: str, parts: Sequence[str], most: int) -> tuple[str, int]:
    """A text with the parts that fit, in their order, and how many do not."""
    left = 0
    for part in parts:
        fits = len((text + part).encode("utf-16-le", "replace")) // 2 <= most
        text, left = (text + part, left) if fits else (text, left + 1)
    return text, left


def _picture_blocks(diff: ProductionDiff, screen: Screen, pictures: ShownPictures) -> Iterator[str]:
    """A table of the shots that have a picture, before and now, and how many takes have none, between two marks.

    Who cannot put the pictures where they are to be shown leaves out what is between the marks (action.yml).
    """
    sides = [escaped(screen.complete(words), 100) for words in (tr("before"), tr("now"))]
    rows = [
        f"| {escaped(change.shot, 300)} | {' | '.join(map(pictures.cell, change.shown, sides))} |"
        for change in diff.shots
        if not pictures.names.keys().isdisjoint(change.shown)
    ]
    blocks = []
    if rows:
        titles = [escaped(screen.complete(tr("shot")), 100), *sides]
        blocks.append("\n".join((f"| {' | '.join(titles)} |", "| --- | --- | --- |", *rows)))
    if left := sum(take not in pictures.names for take in diff.shown):
        blocks.append(escaped(screen.complete(without_picture(left)), 300))
    if blocks:
        yield "\n\n".join((PICTURES_BEGIN, *blocks, PICTURES_END))


def without_picture(number: int) -> str:
    """That takes have no picture."""
    return trn(
        "{number} take of changed shots has no picture: its file is not here, or the limit is reached.",
        "{number} takes of changed shots have no picture: their files are not here, or the limit is reached.",
        number,
    )


def _shot_blocks(diff: ProductionDiff, screen: Screen) -> Iterator[str]:
    """What changed in each shot, to be unfolded: a prompt word by word, the whole prompt of a new shot."""
    for change in diff.shots:
        lines = [
            f"{escaped(each.key, 100)}: {edited_markdown(each.old, each.new)}"
            if each.code is ReasonCode.PROMPT_CHANGED
            else escaped(screen.complete(each.text), SHOWN_PROMPT)
            for each in change.differences
        ]
        if change.prompt:
            lines.append(f"prompt: {escaped(change.prompt, SHOWN_PROMPT)}")
        if lines:
            yield _folded(change.shot, lines)


def _cut_blocks(diff: ProductionDiff, screen: Screen) -> Iterator[str]:
    """The lines of each cut that went and came, to be unfolded."""
    for cut in diff.cuts:
        gone = [f"~~{escaped(screen.complete(line).strip(), 300)}~~" for line in cut.gone if line.strip()]
        came = [f"**{escaped(screen.complete(line).strip(), 300)}**" for line in cut.came if line.strip()]
        yield _folded(cut_id(cut.cut), [*gone, *came])


def _folded(title: str, lines: Sequence[str]) -> str:
    body = "\n".join(f"- {line}" for line in lines)
    return f"<details><summary>{escaped(title, 300)}</summary>\n\n{body}\n\n</details>"


def edited_markdown(old: str, new: str) -> str:
    """A text word by word: ~~words that went~~ and **words that came**.

    Markdown reads a mark as one only where a letter or a blank is on its inner or outer side, so that some get one.
    """
    text, gap, last, before = "", "", "", ""
    for change, words in edited_words(old[:SHOWN_PROMPT], new[:SHOWN_PROMPT]):
        core, mark = words.strip(), EDIT_MARKS[change]
        gap += words[: len(words) - len(words.lstrip())]
        if not core:
            continue
        bare = (core[0] if mark else last or " ").isalnum() and not (mark and before)
        gap += " " if text and (mark or before) and not bare else ""
        text += f"{'<br>' if chr(10) in gap else gap[:1]}{mark}{escaped(core, SHOWN_PROMPT)}{mark}"
        gap, last, before = words[len(words.rstrip()) :], core[-1], mark
    return text if max(len(old), len(new)) <= SHOWN_PROMPT else f"{text} …"


_MARKS = pattern(r"[!-/:-@\[-`{-~]")
_HARMLESS = frozenset("%',;?/.\"=+-():{}^@")
_LINKS = pattern(r"(?i)(www)(?=\.)|(gh)(?=-[0-9])|(:)(?=\S)|([@#])")
"""What GitHub looks for in a text: addresses, mentions, references, names of emoji."""
_COMMIT, _SIX = pattern(r"(?i)(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])"), pattern(r".{6}(?=.)")
"""Numbers that GitHub may take for one of a commit; fewer than seven digits are none."""


def escaped(text: str, most: int) -> str:
    """A text from anywhere as GitHub shows it in one line, and acts on none of it.

    Every mark of Markdown and HTML is a reference of a character. An invisible blank keeps mentions, references,
    addresses and names of emoji from being ones, because GitHub looks for them after it resolved the references.
    """
    found = list[str]()
    for line in text[: 2 * most].split("\n"):
        apart = _LINKS.sub(lambda sign: f"{sign[0]}\0", shown(line, most))
        apart = _COMMIT.sub(lambda number: _SIX.sub(lambda six: f"{six[0]}\0", number[0]), apart)
        marked = _MARKS.sub(lambda sign: sign[0] if sign[0] in _HARMLESS else f"&#{ord(sign[0])};", apart)
        found.append(marked.replace("\0", "&#8203;").replace("&#36;", "<span>&#36;</span>"))
    return "<br>".join(found)
