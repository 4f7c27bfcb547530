"""Makes discrimination-goldens.json beside it: numbers of scikit-learn and of plain loops to compare Evidence with.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    python3 References/evidence/make-discrimination-goldens.py
"""

import json
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(20261125)


def kernel(x, y):
    return 1.0 if x > y else 0.5 if x == y else 0.0


def obuchowski(scores, labels, tasks):
    """Variance of the AUROC with clusters (Obuchowski 1997, Biometrics 53, 567), by loops; tasks apart: DeLong's."""
    high = [(s, t) for s, l, t in zip(scores, labels, tasks) if l]
    low = [(s, t) for s, l, t in zip(scores, labels, tasks) if not l]
    m, n = len(high), len(low)
    v10 = [sum(kernel(x, y) for y, _ in low) / n for x, _ in high]
    v01 = [sum(kernel(x, y) for x, _ in high) / m for y, _ in low]
    area = sum(v10) / m
    names = sorted(set(tasks))
    first = {t: sum(v - area for v, (_, own) in zip(v10, high) if own == t) for t in names if any(own == t for _, own in high)}
    second = {t: sum(v - area for v, (_, own) in zip(v01, low) if own == t) for t in names if any(own == t for _, own in low)}
    s10 = len(first) / ((len(first) - 1) * m) * sum(v * v for v in first.values())
    s01 = len(second) / ((len(second) - 1) * n) * sum(v * v for v in second.values())
    s11 = len(names) / (len(names) - 1) * sum(first.get(t, 0) * second.get(t, 0) for t in names)
    return area, s10 / m + s01 / n + 2 * s11 / (m * n)


def discrimination(scores, labels, tasks, threshold):
    area, variance = obuchowski(scores, labels, tasks)
    assert abs(area - roc_auc_score(labels, scores)) < 1e-12
    assert threshold not in scores
    return dict(scores=[float(s) for s in scores], labels=[bool(x) for x in labels], tasks=[str(t) for t in tasks],
                threshold=threshold, auroc=float(roc_auc_score(labels, scores)), standardError=float(variance ** 0.5),
                balancedAccuracy=float(balanced_accuracy_score(labels, np.array(scores) > threshold)))


def delong():
    """Without clusters, with ties."""
    scores = np.round(np.concatenate([rng.normal(0.7, 1, 23), rng.normal(0, 1.3, 31)]), 1)
    return discrimination(list(scores), [True] * 23 + [False] * 31, list(range(54)), 0.05)


def paired():
    """Pairs of a vulnerable and a fixed program, some tasks with two of them, and some sound programs alone."""
    scores, labels, tasks = [], [], []
    for task in range(25):
        own = rng.normal(0, 1)
        for _ in range(1 + task % 2):
            scores += [round(own + rng.normal(0.4, 0.5), 2), round(own + rng.normal(0, 0.5), 2)]
            labels += [True, False]
            tasks += [task] * 2
    for task in range(25, 32):
        scores.append(round(rng.normal(0, 1), 2))
        labels.append(False)
        tasks.append(task)
    return discrimination(scores, labels, tasks, 0.123)


def regression(rows, columns, c, constant=False):
    x = np.round(rng.normal(3, 2, (rows, columns)) * np.linspace(0.5, 20, columns), 3)
    if constant:
        x[:, 1] = 7.5
    y = x[:, 0] - x[:, 0].mean() + rng.normal(0, 1, rows) > 0
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=c, tol=1e-12, max_iter=100000, solver="lbfgs").fit(scaler.transform(x), y)
    newton = LogisticRegression(C=c, tol=1e-12, max_iter=1000, solver="newton-cholesky").fit(scaler.transform(x), y)
    assert np.abs(model.coef_ - newton.coef_).max() < 1e-6
    return dict(rows=x.tolist(), labels=y.tolist(), c=c, means=scaler.mean_.tolist(), scales=scaler.scale_.tolist(),
                weights=newton.coef_[0].tolist(), intercept=float(newton.intercept_[0]))


goldens = dict(
    discrimination=[delong(), paired()],
    regression=[regression(60, 12, 0.01), regression(60, 12, 1.0, constant=True), regression(24, 40, 0.1), regression(40, 9, 100.0)],
)
path = pathlib.Path(__file__).with_name("discrimination-goldens.json")
path.write_text(json.dumps(goldens, indent=None, separators=(",", ":")) + "\n")
print(path.stat().st_size, "bytes")
