#!/usr/bin/env python3
"""Derives every statistic of this small run again, with nothing but Python's
standard library and the formulas as their sources have them, and writes them as
hand.json, which a test holds summary.json to. It is run by hand: python3 hand.py

What the bootstrap draws is not the same twice: DRAWS are ten times as many as
the program's, so that bounds should agree to a few hundredths of their distance.

The run: two conditions, "slow" with three trials of four pairs and "fast" with
two of five, each after a warm-up pair that counts in nothing. In "slow" one
request of advanced failed, and one of greedy took 391 ms, beyond the deadline of
300 ms. Images 0 to 7 are in both conditions.
"""
import json
import math
import os
import random
from collections import Counter, defaultdict
from statistics import NormalDist

DRAWS = 100_000
HERE = os.path.dirname(os.path.abspath(__file__))
PHASES = ["upload", "queue", "fetch", "load", "preprocess", "infer", "download"]
NORMAL = NormalDist()


def lines(name):
    with open(os.path.join(HERE, name)) as f:
        return [json.loads(line) for line in f]


RUN = json.load(open(os.path.join(HERE, "run.json")))
REQUIRE = RUN["require"]
C = REQUIRE["confidence"]
REQUESTS = [r for r in lines("requests.jsonl") if not r.get("warmup")]
DECISIONS = [d for d in lines("decisions.jsonl") if d["pair"] >= 0]


# Distributions.

def binomial_cdf(k, n, p):
    return sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))


def student_cdf(t, nu):
    """By Simpson's rule over the angle: with t = sqrt(nu) tan x the density is cos^(nu-1) x."""
    end, n = math.atan(abs(t) / math.sqrt(nu)), 20_000
    f = lambda x: math.cos(x) ** (nu - 1)
    h = end / n
    area = h / 3 * (f(0) + f(end) + sum((4 if i % 2 else 2) * f(i * h) for i in range(1, n)))
    area *= math.exp(math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2)) / math.sqrt(math.pi)
    return 0.5 + math.copysign(area, t)


def solve(f, low, high):
    """Where the rising f is 0."""
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) < 0 else (low, middle)
    return (low + high) / 2


QUANTILES = {}


def student(p, nu):
    if (p, nu) not in QUANTILES:
        angle = solve(lambda x: student_cdf(math.sqrt(nu) * math.tan(x), nu) - p, -math.pi / 2 + 1e-6, math.pi / 2 - 1e-6)
        QUANTILES[p, nu] = math.sqrt(nu) * math.tan(angle)
    return QUANTILES[p, nu]


def nearest(values, p):
    """The nearest rank: the ceil(pn)-th."""
    return sorted(values)[max(math.ceil(p * len(values) - 1e-9), 1) - 1]


# One arm in one condition.

def wilson(p, n, z):
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max((centre - half) / (1 + z * z / n), 0), min((centre + half) / (1 + z * z / n), 1)


def interval(pair):
    return {"low": pair[0], "high": pair[1]}


def latency(times):
    n, tail = len(times), (1 - C) / 2
    out = {"mean": sum(times) / n, "intervals": {}, "needs": {}}
    for name, p in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)):
        fewest = next(m for m in range(1, 10_000) if max(p, 1 - p) ** m <= tail)
        if n < fewest:
            out[name], out["needs"][name] = None, fewest
            continue
        out[name] = nearest(times, p)
        low = max(k for k in range(1, n + 1) if binomial_cdf(k - 1, n, p) <= tail)
        high = min(k for k in range(1, n + 1) if binomial_cdf(k - 1, n, p) >= 1 - tail)
        ordered = sorted(times)
        out["intervals"][name] = interval((ordered[low - 1], ordered[high - 1]))
    return out


def on_time(requests):
    n, asked = len(requests), REQUIRE["on_time"]
    inside = [r for r in requests if "error" not in r and r["measured_ns"] <= REQUIRE["deadline_ns"]]
    late, z = n - len(inside), NORMAL.inv_cdf((1 + C) / 2)
    few = lambda m: binomial_cdf(late, m, 1 - asked)  # of m so few are late, if each is with 1 - asked
    many = 1 - binomial_cdf(late - 1, n, 1 - asked)
    attained = True if few(n) <= 1 - C else False if many <= 1 - C else None
    right = sum(r["prediction"] == r["label"] for r in inside) / n
    images = len({r["sample"] for r in requests})
    return {"deadline_ms": REQUIRE["deadline_ns"] / 1e6, "requests": n, "late": late, "share": len(inside) / n,
            "interval": interval(wilson(len(inside) / n, n, z)), "asked": asked, "attained": attained,
            "needs": next(m for m in range(late + 1, 10_000) if few(m) <= 1 - C),
            "effective_accuracy": right, "effective_interval": interval(wilson(right, images, z))}


def sign(x):
    return (x > 0) - (x < 0)


def steady(trials, median):
    """Mann and Kendall's test, Sen's slope, and the correlation of neighbours, by trial."""
    n = sum(map(len, trials))
    slope = nearest([(t[j] - t[i]) / (j - i) * (len(t) - 1) for t in trials for i in range(len(t)) for j in range(i + 1, len(t))], 0.5)
    both = own = 0.0
    for t in trials:
        level = [x - slope * i / (len(t) - 1) for i, x in enumerate(t)]
        ranks = [sum(y < x for y in level) + (sum(y == x for y in level) + 1) / 2 - (len(t) + 1) / 2 for x in level]
        own += sum(r * r for r in ranks)
        both += sum(a * b for a, b in zip(ranks, ranks[1:]))
    lag = both / own
    longer = max((1 + lag) / (1 - lag), 1)
    s = variance = 0.0
    for t in trials:
        m = len(t)
        s += sum(sign(t[j] - t[i]) for i in range(m) for j in range(i + 1, m))
        variance += (m * (m - 1) * (2 * m + 5) - sum(e * (e - 1) * (2 * e + 5) for e in Counter(t).values())) / 18
    z = max(abs(s) - 1, 0) / math.sqrt(variance * longer)
    return {"change": slope / median, "p": 2 * (1 - NORMAL.cdf(z)), "lag1": lag, "independent_times": n / longer}


def outliers(requests):
    kinds = defaultdict(list)
    for r in requests:
        kinds[r["option"], r["phases"]["fetch_ns"] >= 100_000, r["phases"]["load_ns"] >= 100_000].append(r["measured_ns"] / 1e6)
    far, everything = [], [t for times in kinds.values() for t in times]
    for times in kinds.values():
        low, high = nearest(times, 0.25), nearest(times, 0.75)
        if len(times) >= 8 and low < high:
            far += [t for t in times if t < low - 3 * (high - low) or t > high + 3 * (high - low)]
    if not far:
        return {"n": 0, "moves_mean": 0}
    rest = (sum(everything) - sum(far)) / (len(everything) - len(far))
    return {"n": len(far), "moves_mean": sum(everything) / len(everything) / rest - 1}


def arm(condition, name):
    requests = [r for r in REQUESTS if r["condition"] == condition and r["arm"] == name]
    answered = [r for r in requests if "error" not in r]
    n = len(answered)
    times = [r["measured_ns"] / 1e6 for r in answered]
    mean = lambda of: sum(map(of, answered)) / n / 1e6
    right = sum(r["prediction"] == r["label"] for r in answered) / n
    trials = defaultdict(list)
    for r in sorted(answered, key=lambda r: (r["repetition"], r["pair"])):
        trials[r["repetition"]].append(r["measured_ns"] / 1e6)
    took = [d["took_ns"] / 1e3 for d in DECISIONS if d["condition"] == condition and d["arm"] == name]
    decide = sum(took) / len(took)
    return {"requests": len(requests), "errors": len(requests) - n, "images": n, "models": dict(Counter(r["model"] for r in answered)),
            "accuracy": right, "accuracy_interval": interval(wilson(right, len({r["sample"] for r in answered}), NORMAL.inv_cdf((1 + C) / 2))),
            "latency_ms": latency(times), "phases_ms": {p: mean(lambda r: r["phases"][p + "_ns"]) for p in PHASES},
            "total_ms": mean(lambda r: r["done_ns"] - r["sent_ns"]), "wait_ms": mean(lambda r: r["sent_ns"] - r["due_ns"]), "wasted_ms": 0,
            "decision_us": decide, "decision_share": decide / 1e3 / (sum(times) / n), "on_time": on_time(requests),
            "steady": steady(list(trials.values()), nearest(times, 0.5)), "outliers": outliers(answered)}


# Two arms, by pair.

def pairs_of(condition):
    """By trial, in order: the baseline's request and the other's."""
    by = {(r["repetition"], r["pair"], r["arm"]): r for r in REQUESTS if r["condition"] == condition and "error" not in r}
    trials = defaultdict(list)
    for rep, pair, name in sorted(by):
        if name == RUN["arms"][0] and (rep, pair, RUN["arms"][1]) in by:
            trials[rep].append((by[rep, pair, name], by[rep, pair, RUN["arms"][1]]))
    return list(trials.values())


def t_measured(r):
    return r["measured_ns"] / 1e9


def t_infer(r):
    return r["phases"]["infer_ns"] / 1e9


def t_cold(r):
    return sum(r["phases"].values()) / 1e9


def t_warm(r):
    return t_cold(r) - (r["phases"]["fetch_ns"] + r["phases"]["load_ns"]) / 1e9


DEFINITIONS = [t_measured, t_infer, t_warm, t_cold]


def sums(pairs, t):
    """n, and the sums of a/b, b, a and ln a/b."""
    return [len(pairs), sum(t(a) / t(b) for b, a in pairs), sum(t(b) for b, a in pairs), sum(t(a) for b, a in pairs),
            sum(math.log(t(a) / t(b)) for b, a in pairs)]


def logs(s):
    """The three means of a/b as logarithms: of ratios, ratio of means, geometric."""
    return [math.log(s[1] / s[0]), math.log(s[3] / s[2]), s[4] / s[0]]


def add(*vectors):
    return [sum(x) for x in zip(*vectors)]


class Deviation:
    """The jackknife of stratified clusters: units are the trials of each condition."""

    def __init__(self, influences):
        self.variance = self.squares = self.cubes = weight = most = 0.0
        least = math.inf
        for units in influences:
            k, middle = len(units), sum(units) / len(units)
            squares = sum((u - middle) ** 2 for u in units)
            v = squares * k / (k - 1)
            self.variance, self.squares, weight = self.variance + v, self.squares + squares, weight + v * v / k
            self.cubes += sum((u - middle) ** 3 for u in units)
            least, most = min(least, k - 1), most + k - 1
        self.freedom = min(max(self.variance**2 / weight - 1, least), most)


class Curve:
    """BCa (Efron 1987) of draws of a logarithm, with the deviation and Student's t of the units."""

    def __init__(self, value, draws, by):
        self.value, self.draws, self.by = value, sorted(draws), by
        n = len(draws)
        # The spread is of the draws themselves, as a share of the value.
        off = [math.exp(x - value) - 1 for x in draws] if by.shares else [x - value for x in draws]
        spread = math.sqrt(sum(o * o for o in off) / n - (sum(off) / n) ** 2)
        self.z0 = NORMAL.inv_cdf(sum((x < value) + (x == value) / 2 for x in draws) / n)
        self.a = by.cubes / (6 * by.squares**1.5)
        self.stretch = math.sqrt(by.variance) / spread

    def at(self, p):
        z = NORMAL.inv_cdf(p)
        w = self.z0 + max(min(z, 3.09), -3.09)
        q = nearest_sorted(self.draws, NORMAL.cdf(self.z0 + w / (1 - self.a * w)))
        return self.value + (q - self.value) * self.stretch * student(p, self.by.freedom) / max(min(z, 3.09), -3.09)

    def below(self, p):
        """The saving that the true one is below with probability p."""
        return 1 - math.exp(self.at(1 - p))


def nearest_sorted(values, p):
    return values[min(max(math.ceil(p * len(values) - 1e-9), 1), len(values)) - 1]


def resample(trials, rng):
    """Trials with replacement, and in each as many pairs as it has."""
    out = []
    for _ in trials:
        t = rng.choice(trials)
        out += rng.choices(t, k=len(t))
    return out


def influence(total, unit):
    """By how much a unit moves each of the three logarithms."""
    return [unit[1] / total[1] - unit[0] / total[0], unit[3] / total[3] - unit[2] / total[2], (unit[4] - unit[0] * total[4] / total[0]) / total[0]]


def savings(conditions, drawn, t):
    """The saving over conditions (lists of trials), with a curve for each of the three means."""
    units = [[sums(trial, t) for trial in trials] for trials in conditions]
    total = add(*(u for of in units for u in of))
    draws = [logs(d) for d in drawn]
    out, curves = {}, []
    for k, name in enumerate(("mean_of_ratios", "ratio_of_means", "geometric")):
        by = Deviation([[influence(total, u)[k] for u in of] for of in units])
        by.shares = k < 2
        curve = Curve(logs(total)[k], [d[k] for d in draws], by)
        out[name] = {"value": 1 - math.exp(curve.value), "low": curve.below((1 - C) / 2), "high": curve.below((1 + C) / 2)}
        curves.append(curve)
    return out, curves[0]


def p_less(curve, bound):
    """The probability at which the bound of the saving is just the one that is asked."""
    return solve(lambda p: curve.below(p) - bound, 1e-5, 0.5)


def clusters(pairs):
    """By image: pairs, right answers of the baseline and of the other."""
    images = defaultdict(lambda: [0, 0, 0])
    for b, a in pairs:
        i = images[b["sample"]]
        i[0] += 1
        i[1] += b["prediction"] == b["label"]
        i[2] += a["prediction"] == a["label"]
    return list(images.values())


def drop(images, z):
    """Newcombe's method 10, with each accuracy counted as so many independent answers."""
    m, squares = sum(i[0] for i in images), sum(i[0] ** 2 for i in images)
    p = [sum(i[k] for i in images) / m for k in (1, 2)]
    ends = []
    for k in (1, 2):
        share, right = p[k - 1], sum(i[k] for i in images)
        variance = sum((i[k] - i[0] * share) ** 2 for i in images)
        effect = max(variance / (m * share * (1 - share)), 1)
        effect += max(squares / m - effect, 0) / (1 + min(right, m - right))
        ends.append(wilson(share, m / effect, z))
    both = sum((i[1] - i[0] * p[0]) * (i[2] - i[0] * p[1]) for i in images)
    phi = both / math.sqrt(sum((i[1] - i[0] * p[0]) ** 2 for i in images) * sum((i[2] - i[0] * p[1]) ** 2 for i in images))
    if phi > 0:
        phi = max(phi - 1 / (2 * len(images) * math.sqrt(p[0] * (1 - p[0]) * p[1] * (1 - p[1]))), 0)
    length = lambda a, b: math.sqrt(max(a * a - 2 * phi * a * b + b * b, 0))
    d = p[0] - p[1]
    return d, d - length(p[0] - ends[0][0], ends[1][1] - p[1]), d + length(ends[0][1] - p[0], p[1] - ends[1][0])


def mcnemar(images):
    b, c = sum(i[1] > i[2] for i in images), sum(i[1] < i[2] for i in images)
    return {"only_baseline": b, "only_other": c, "p": min(1, 2 * binomial_cdf(min(b, c), b + c, 0.5))}


def points(d):
    return {"value": 100 * d[0], "low": 100 * d[1], "high": 100 * d[2]}


def compared(conditions, drawn, t=t_measured):
    pairs = [p for trials in conditions for trial in trials for p in trial]
    images = clusters(pairs)
    saving, curve = savings(conditions, drawn, t)
    return {"pairs": len(pairs), "images": len(images), "saving": saving, "accuracy_drop_points": points(drop(images, NORMAL.inv_cdf((1 + C) / 2))),
            "mcnemar": mcnemar(images), "test": {"p": p_less(curve, REQUIRE["saving"])}}, curve


def holm(tests):
    most = 0.0
    for i, t in enumerate(sorted(tests, key=lambda t: t["p"])):
        most = max(most, min(1, t["p"] * (len(tests) - i)))
        t["p_holm"] = most


def order(conditions):
    """Mean ratios by who went first; their difference by condition, weighted, with Student's t."""
    ratio = lambda b, a: 1 - t_measured(a) / t_measured(b)
    every = [[], []]
    influences, difference, weight = [], 0.0, 0.0
    for trials in conditions:
        split = [[ratio(b, a) for trial in trials for b, a in trial if b["first"] == first] for first in (True, False)]
        every[0] += split[0]
        every[1] += split[1]
        n, m = [len(s) for s in split], [sum(s) / len(s) for s in split]
        w = n[0] * n[1] / (n[0] + n[1])
        difference, weight = difference + w * (m[0] - m[1]), weight + w
        influences.append([w * sum((ratio(b, a) - m[0]) / n[0] if b["first"] else -(ratio(b, a) - m[1]) / n[1] for b, a in trial) for trial in trials])
    by = Deviation([[u / weight for u in of] for of in influences])
    d, reach = difference / weight, student((1 + C) / 2, by.freedom) * math.sqrt(by.variance)
    return {"baseline_first": sum(every[0]) / len(every[0]), "other_first": sum(every[1]) / len(every[1]), "pairs": [len(every[0]), len(every[1])],
            "difference": {"value": d, "low": d - reach, "high": d + reach}}


# The world.

def links(condition):
    checks = [c for c in lines("checks.jsonl") if c["condition"] == condition["id"]]
    mean = lambda values: sum(values) / len(values)
    out = []
    for l in condition["links"]:
        rates = [k["rate_bps"] for c in checks for k in c["links"] if k["direction"] == l["direction"]]
        asked, got = mean([c["asked_rtt_ns"] for c in checks]) / 1e6, mean([c["rtt_ns"] for c in checks]) / 1e6
        delay = l["delay_ns"] / 1e6
        out.append({"asked": {"rate_bps": l["rate_bps"], "delay_ms": delay, "rtt_ms": asked, "loss": 0},
                    "achieved": {"rate_bps": mean(rates), "delay_ms": delay + (got - asked) / 2, "rtt_ms": got, "loss": None}})
    return out


def background(condition):
    out = []
    for b in condition["background"]:
        seconds = [t for t in lines("telemetry.jsonl") if t["condition"] == condition["id"] and t["cpu_asked"] > 0]
        long = lambda t: t["at_ns"] - t["from_ns"]
        over = lambda key: sum(t[key] * long(t) for t in seconds) / sum(map(long, seconds))
        got, busy, others = over("cpu_achieved"), over("cpu_busy"), over("cpu_others")
        out.append({"asked": over("cpu_asked"), "achieved": got, "busy": busy, "off": None, "bps": None,
                    "cpus": {"load": got, "inference": busy - others, "others": others - got, "idle": 1 - busy, "throttled": 0, "pressure": 0}})
    return out


def main():
    rng = random.Random(1)
    trials = [pairs_of(c["id"]) for c in RUN["conditions"]]
    per_pair = {id(b): [sums([(b, a)], t) for t in DEFINITIONS] for of in trials for trial in of for b, a in trial}
    drawn = [[[add(*column) for column in zip(*(per_pair[id(b)] for b, a in resample(of, rng)))] for _ in range(DRAWS)] for of in trials]
    conditions = []
    for c, of, d in zip(RUN["conditions"], trials, drawn):
        one, _ = compared([of], [x[0] for x in d])
        one.update(trials=len(of), arms=[arm(c["id"], name) for name in RUN["arms"]], links=links(c), background=background(c), valid=True)
        conditions.append(one)
    holm([c["test"] for c in conditions])
    tests = [a["steady"] for c in conditions for a in c["arms"]]
    holm(tests)
    both = [[add(x, y) for x, y in zip(*two)] for two in zip(*drawn)]
    overall, curve = compared(trials, [x[0] for x in both])
    overall["test"]["p_holm"] = overall["test"]["p"]
    overall.update(conditions=len(trials), conditions_below=sum(c["saving"]["mean_of_ratios"]["value"] < REQUIRE["saving"] for c in conditions), trials=sum(map(len, trials)), order=order(trials),
                   definitions=[{"pairs": overall["pairs"], "saving": savings(trials, [x[k] for x in both], t)[0]} for k, t in enumerate(DEFINITIONS)])
    overall["equal_weight"] = {"saving": equal_weight(trials, drawn), "accuracy_drop_points": sum(c["accuracy_drop_points"]["value"] for c in conditions) / len(conditions)}
    json.dump({"conditions": conditions, "overall": overall, "requirements": requirements(trials, overall, curve)}, open(os.path.join(HERE, "hand.json"), "w"), indent=1)


def equal_weight(trials, drawn):
    """The mean over conditions of their means of a/b, with units moving it by their condition's part."""
    n = len(trials)
    means = [sums([p for t in of for p in t], t_measured) for of in trials]
    value = sum(s[1] / s[0] for s in means) / n
    by = Deviation([[(s[1] / s[0]) / n / value * influence(s, sums(t, t_measured))[0] for t in of] for of, s in zip(trials, means)])
    by.shares = True
    curve = Curve(math.log(value), [math.log(sum(x[0][1] / x[0][0] for x in two) / n) for two in zip(*drawn)], by)
    return {"value": 1 - value, "low": curve.below((1 - C) / 2), "high": curve.below((1 + C) / 2)}


def requirements(trials, overall, curve):
    images = clusters([p for of in trials for trial in of for p in trial])
    two, one = drop(images, NORMAL.inv_cdf((1 + C) / 2)), drop(images, NORMAL.inv_cdf(C))
    m = overall["saving"]["mean_of_ratios"]
    o = on_time([r for r in REQUESTS if r["arm"] == RUN["arms"][1]])
    n, late = o["requests"], o["late"]
    # Clopper and Pearson's one-sided bounds.
    lower = solve(lambda p: binomial_cdf(late, n, 1 - p) - (1 - C), 0, 1)
    upper = solve(lambda p: binomial_cdf(late - 1, n, 1 - p) - C, 0, 1) if late else 1
    return [
        dict(m, bound=REQUIRE["saving"], lower_one_sided=curve.below(1 - C), upper_one_sided=curve.below(C), met=True),
        {"bound": REQUIRE["accuracy_drop"], "value": two[0], "low": two[1], "high": two[2], "lower_one_sided": one[1], "upper_one_sided": one[2], "met": None},
        {"bound": REQUIRE["on_time"], "value": o["share"], "low": o["interval"]["low"], "high": o["interval"]["high"],
         "lower_one_sided": lower, "upper_one_sided": upper, "met": o["attained"]},
    ]


if __name__ == "__main__":
    main()
