# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges the events of event-tool: progress.py WHAT FILE [NUMBER]"""
import sys

what, path = sys.argv[1:3]
number = int(sys.argv[3]) if len(sys.argv) > 3 else None


class Line:
    def __init__(self, text):
        fields = text.rstrip("\n").split("\t")
        self.time, self.kind, self.phase = float(fields[0]), fields[1], fields[2]
        self.percent = float(fields[3])
        self.done, self.total, self.link_done, self.link_total = map(int, fields[4:8])
        self.rate, self.left, self.text = float(fields[8]), int(fields[9]), fields[10]


def together():
    rows = [tuple(map(int, r.split())) for r in open(path) if len(r.split()) == 2]
    both = sum(1 for a, b in zip(rows, rows[1:]) if b[0] > a[0] and b[1] > a[1])
    print("both disks went on in", both, "of", len(rows), "looks")
    assert both >= 5


if what == "together":
    together()
    sys.exit(0)

lines = [Line(text) for text in open(path)]
copy = [e for e in lines if e.kind == "progress" and e.phase == "copy"]
end = lines[-1]
assert end.kind == "finished", end.text

if what == "often":
    first = next(e.time for e in lines if e.kind == "phase")
    times = [first] + [e.time for e in lines if e.kind == "progress"] + [end.time]
    longest = max(b - a for a, b in zip(times, times[1:]))
    print("longest pause", longest, "s, events", len(times))
    assert longest <= 1.0
elif what == "monotone":
    percents = [e.percent for e in lines]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert all(p < 100 for p in percents[:-1])
    print("in the copy from", copy[0].percent, "to", copy[-1].percent)
    assert copy[-1].percent - copy[0].percent > 5
elif what == "total":
    counted = [e for e in copy if e.total]
    assert len({(e.total, e.link_total) for e in counted}) == 1
    print("total", counted[0].total, "of it over the link", counted[0].link_total)
    assert counted[0].total == number + (16 << 20) and counted[0].link_total == number
    done = [e.done for e in counted]
    assert done == sorted(done) and done[-1] == counted[0].total
elif what == "rate":
    # Between the first and the last tenth of what crosses the link.
    middle = [e for e in copy if e.link_total and 0.1 < e.link_done / e.link_total < 0.9]
    a, b = middle[0], middle[-1]
    rate = (b.link_done - a.link_done) / (b.time - a.time)
    print("rate", round(rate), "of", number)
    assert abs(rate / number - 1) < 0.1
elif what == "left":
    begin, over = copy[0].time, copy[-1].time
    wrong = []
    for e in copy:
        if e.time < begin + (over - begin) / 3:
            continue
        # Verify and finish are a moment here, but a long one on a busy machine or with
        # sanitizers.  The events have whole seconds, and the server counts four times in one.
        least, most = over - e.time, end.time - e.time
        if e.left < 0 or not 0.8 * least - 1 <= e.left <= 1.2 * most + 1:
            wrong.append((round(e.time, 1), e.left, round(least, 1), round(most, 1)))
    print("copy of", round(over - begin, 1), "s; time, estimate, end of copy, end of all where it is wrong:", wrong)
    assert not wrong
else:
    sys.exit("what?")
