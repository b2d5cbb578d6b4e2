"""Prints the golden numbers in src/metrics/agreement.rs and src/metrics/clustering.rs. Needs scikit-learn and scipy."""
import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats.contingency import association
from sklearn import metrics

a = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
b = [0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3]
table = metrics.cluster.contingency_matrix(a, b)
rows, columns = linear_sum_assignment(-table)
print([
    float(metrics.adjusted_rand_score(a, b)),
    float(metrics.normalized_mutual_info_score(a, b)),
    float(table.max(1).sum() / 12),
    float(association(table, method="cramer")),
    float(table[rows, columns].sum() / 12),
])
x = np.array([[0, 0], [0, 1], [1, 0.5], [5, 5], [6, 5], [9, 0], [9, 2]])
y = [0, 0, 0, 1, 1, 2, 2]
print([float(metrics.davies_bouldin_score(x, y)), float(metrics.calinski_harabasz_score(x, y))])
