"""Makes agreement.json beside it: kappa and correlations of statsmodels, scikit-learn and scipy.

    pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 scikit-learn==1.9.1
    python3 References/evidence/make-agreement.py

scikit-learn, where it is installed, only confirms statsmodels' kappa.
"""

import json
import pathlib

import numpy as np
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa

rng = np.random.default_rng(20250225)


def kappa(table, level):
    table = np.array(table)
    found = cohens_kappa(table)
    half = float(stats.norm.ppf(0.5 + level / 2) * found.std_kappa)
    try:
        from sklearn.metrics import cohen_kappa_score
        size = len(table)
        a = np.repeat(np.arange(size), table.sum(axis=1))
        b = np.concatenate([np.repeat(np.arange(size), row) for row in table])
        assert abs(cohen_kappa_score(a, b) - found.kappa) < 1e-12
    except ImportError:
        pass
    value = float(found.kappa)
    return dict(table=table.tolist(), level=level, kappa=value, lower=max(-1.0, value - half), upper=min(1.0, value + half))


def correlation(a, b, level):
    found = stats.pearsonr(a, b)
    low, high = found.confidence_interval(level)
    return dict(a=list(map(float, a)), b=list(map(float, b)), level=level, pearson=float(found.statistic), lower=float(low),
                upper=float(high), spearman=float(stats.spearmanr(a, b).statistic))


scores = rng.integers(0, 21, 40) * 5
goldens = dict(
    kappa=[
        kappa([[20, 5], [10, 15]], 0.95),
        kappa([[9, 1, 0], [2, 7, 3], [0, 4, 14]], 0.95),
        kappa([[120, 3, 1, 0], [2, 8, 0, 1], [0, 0, 30, 2], [4, 0, 1, 5]], 0.9),
        kappa([[0, 5], [5, 0]], 0.95),
        kappa([[50, 0], [0, 50]], 0.99),
    ],
    correlation=[
        correlation(scores, np.clip(scores + rng.normal(0, 15, 40), 0, 100), 0.95),
        correlation(rng.normal(size=25), rng.normal(size=25), 0.9),
        correlation([1, 2, 2, 3, 5, 5, 5], [9, 7, 7, 8, 1, 1, 2], 0.95),
    ],
)
path = pathlib.Path(__file__).with_name("agreement.json")
path.write_text(json.dumps(goldens, indent=1) + "\n")
