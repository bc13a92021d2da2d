import numpy as np

from feedback.learning.guard.heads import fit_head


def classes_and_features(n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    classes = np.arange(n) % 3
    features = rng.normal(size=(n, 6)).astype(np.float32) * 0.3
    features[np.arange(n), classes] += 3.0
    return classes, features


def fit(classes: np.ndarray, features: np.ndarray):
    groups = [str(row // 2) for row in range(len(classes))]
    return fit_head(features, classes, groups, components=4, inverse_penalty=0.1, folds=3, seed=0)


def test_a_head_tells_classes_apart_that_its_folds_had_not_seen():
    classes, features = classes_and_features()
    fitted = fit(classes, features)
    assert (fitted.out_of_fold.argmax(axis=1) == classes).all()
    assert (fitted.head.logits(features).argmax(axis=1) == classes).all()


def test_rows_that_are_not_asked_teach_nothing_but_get_an_answer():
    classes, features = classes_and_features()
    asked = np.where(np.arange(len(classes)) < 90, classes, -1)
    noisy = features.copy()
    noisy[90:] *= -50
    assert np.isfinite(fit(asked, noisy).out_of_fold).all()
    assert (fit(asked, noisy).out_of_fold[:90].argmax(axis=1) == classes[:90]).all()


def test_two_classes_give_two_logits():
    classes, features = classes_and_features()
    fitted = fit((classes > 0).astype(np.int64), features)
    assert fitted.head.weight.shape == (2, 6)
    assert np.allclose(fitted.head.weight[0], 0)
