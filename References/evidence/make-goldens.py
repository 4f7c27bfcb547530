"""Makes goldens.json beside it: numbers of scipy and statsmodels to compare Evidence with.

    pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0
    python3 References/evidence/make-goldens.py
"""

import itertools
import json
import pathlib

import numpy as np
from scipy import optimize, special, stats
from statsmodels.stats import multitest, power, proportion, weightstats

p = [1e-300, 1e-100, 1e-20, 1e-10, 1e-5, 0.001, 0.025, 0.1, 0.25, 0.4, 0.4999, 0.5, 0.6, 0.9, 0.975, 0.999, 1 - 1e-9]
x = [-37, -20, -8, -5.5, -3, -1, -0.1, 0, 0.3, 1, 2.5, 5, 8]
degrees = [0.5, 1, 1.7, 2, 3, 4.25, 9, 30, 100, 1000, 12345.6, 1e6]
t_p = [1e-30, 1e-12, 1e-6, 0.001, 0.025, 0.05, 0.2, 0.45, 0.6, 0.95, 0.975, 0.9995]
t_x = [-50, -8, -2.5, -1, -0.01, 0, 0.5, 2, 4.3, 12.7, 100]
beta = [(0.5, 0.5, 0.1), (2, 3, 0.4), (0.01, 5, 1e-6), (30, 70, 0.3), (500, 0.5, 0.999), (1e4, 2e4, 0.334), (1e5, 0.5, 0.99999),
        (3, 200, 0.9)]

rng = np.random.default_rng(20250224)


def wilson(count, trials, level):
    low, high = proportion.proportion_confint(count, trials, 1 - level, method="wilson")
    return dict(count=count, trials=trials, level=level, lower=float(low), upper=float(high))


def isotonic(values, weights, falling):
    fit = optimize.isotonic_regression(values, weights=weights, increasing=not falling).x
    return dict(values=list(values), weights=list(weights), falling=falling, fit=list(map(float, fit)))


def mean(values, level):
    low, high = weightstats.DescrStatsW(values).tconfint_mean(1 - level)
    return dict(values=list(values), level=level, lower=float(low), upper=float(high))


def tost(a, b, low, high):
    if b is None:
        result = weightstats.DescrStatsW(a).ttost_mean(low, high)
        return dict(a=list(a), low=low, high=high, p=float(result[0]), pLower=float(result[1][1]), pUpper=float(result[2][1]))
    result = weightstats.ttost_ind(np.array(a), np.array(b), low, high, usevar="unequal")
    return dict(a=list(a), b=list(b), low=low, high=high, p=float(result[0]), pLower=float(result[1][1]), pUpper=float(result[2][1]))


def trend(doses, values, alternative):
    """The permutation test by brute force over all orders."""
    z = np.log2(doses) - np.log2(doses).mean()
    observed = float(z @ np.array(values))
    found = np.array([float(np.array(order) @ np.array(values)) for order in itertools.permutations(z)])
    extreme = {"twoSided": abs(found) >= abs(observed) - 1e-9, "rising": found >= observed - 1e-9,
               "falling": found <= observed + 1e-9}[alternative]
    line = stats.linregress(np.log2(doses), values)
    half = stats.t.ppf(0.975, len(doses) - 2) * line.stderr
    return dict(doses=list(doses), values=list(values), alternative=alternative, p=float(extreme.mean()),
                slope=float(line.slope), lower=float(line.slope - half), upper=float(line.slope + half))


def blocked(doses, seeds):
    """Two blocks, labels moved within each, by brute force."""
    z = np.log2(doses) - np.log2(doses).mean()
    sums = [[float(np.array(order) @ np.array(values)) for order in itertools.permutations(z)] for values in seeds]
    observed = sum(float(z @ np.array(values)) for values in seeds)
    found = np.array([sum(pair) for pair in itertools.product(*sums)])
    return dict(doses=list(doses), seeds=seeds, p=float((abs(found) >= abs(observed) - 1e-9).mean()))


def rates(a, b, answers):
    y = [np.arcsin(np.sqrt((np.array(x) + 0.375) / (answers + 0.75))) for x in (a, b)]
    interval = stats.ttest_ind(np.array(a) / answers, np.array(b) / answers, equal_var=False).confidence_interval(0.95)
    return dict(a=a, b=b, answers=answers, p=float(stats.ttest_ind(*y, equal_var=False).pvalue),
                lower=float(interval.low), upper=float(interval.high))


def t_power(base, effect, spread, answers, seeds):
    """Power of a t test on transformed seed rates, their variance to first order; equal variances, so a little above Welch's."""
    variance = [(spread * p / (2 * np.sqrt(p * (1 - p)))) ** 2 + 1 / (4 * answers) for p in (base, effect)]
    d = (np.arcsin(np.sqrt(effect)) - np.arcsin(np.sqrt(base))) / np.sqrt(np.mean(variance))
    return dict(base=base, effect=effect, spread=spread, answers=answers, seeds=seeds,
                power=float(power.TTestIndPower().power(d, seeds, 0.05)))


def holm(values):
    return dict(p=values, adjusted=list(map(float, multitest.multipletests(values, method="holm")[1])))


goldens = dict(
    normalQuantile=[[q, float(special.ndtri(q))] for q in p],
    normalCumulative=[[v, float(stats.norm.cdf(v))] for v in x],
    tQuantile=[[q, d, float(stats.t.ppf(q, d))] for d in degrees for q in t_p],
    tCumulative=[[v, d, float(stats.t.cdf(v, d))] for d in degrees for v in t_x],
    incompleteBeta=[[a, b, v, float(special.betainc(a, b, v))] for a, b, v in beta],
    wilson=[wilson(*case) for case in [(0, 400, 0.95), (1, 337, 0.95), (20, 400, 0.95), (399, 400, 0.9), (7, 7, 0.99), (2400, 6000, 0.95)]],
    mean=[mean(rng.normal(size=n).round(4).tolist(), level) for n, level in [(2, 0.95), (3, 0.95), (5, 0.9), (48, 0.99)]],
    isotonic=[isotonic(rng.normal(size=n).round(3).tolist(), rng.integers(1, 9, n).astype(float).tolist(), falling)
              for n, falling in [(1, False), (5, False), (12, True), (30, False)]]
    + [isotonic([1.0, 1.0, 0.5, 0.5, 2.0], [1.0] * 5, False)],
    tost=[tost([0.01, -0.02, 0.005], None, -0.05, 0.05), tost(rng.normal(0, 1, 8).round(3).tolist(), None, -1, 1),
          tost(rng.normal(0, 1, 5).round(3).tolist(), rng.normal(0.2, 2, 7).round(3).tolist(), -2, 2)],
    holm=[holm(values) for values in [[0.01, 0.04, 0.03, 0.005], [0.5], [0.2, 0.2, 0.9, 0.001, 0.02]]],
    trend=[trend([1, 2, 8, 32, 64, 512], [0.3, 0.28, 0.2, 0.22, 0.1, 0.05], "twoSided"),
           trend([1, 1, 8, 8, 64, 64], [0.3, 0.1, 0.2, 0.22, 0.1, 0.25], "falling"),
           trend([1, 4, 16, 64, 256], [0.1, 0.4, 0.2, 0.3, 0.5], "rising")],
    blocked=[blocked([1, 8, 64], [[0.3, 0.2, 0.1], [0.25, 0.3, 0.2]]), blocked([1, 4, 16, 64], [[1, 2, 4, 3], [2, 1, 3, 4]])],
    power=[t_power(0.1, 0.15, 0.2, 1200, seeds) for seeds in (5, 8, 12)],
    rates=[rates([10, 14, 9], [2, 3, 0], 2400), rates([100, 140, 90, 120, 95], [80, 90, 100, 70, 85], 1000)],
)
out = pathlib.Path(__file__).with_name("goldens.json")
out.write_text(json.dumps(goldens, separators=(",", ":")) + "\n")
print(out, out.stat().st_size, "bytes")
