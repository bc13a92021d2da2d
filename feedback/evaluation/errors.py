"""What can be wrong with a labelled folder or with the question asked of it. No file names: they may name patients."""

from accounts.errors import DomainError


class DatasetError(DomainError):
    """The labelled folder cannot be evaluated on."""

    code = "dataset_unusable"
    status = 422
    message = "The labelled folder cannot be used."
    remedy = "docs/evaluation.md says what a folder has to hold."


class DatasetMissing(DatasetError):
    """There is no such folder."""

    code = "dataset_missing"
    message = "There is no such folder."
    remedy = "Name the folder that holds labels.csv or index.csv, or annotations.json, beside the images."


class DatasetIndexMissing(DatasetError):
    """The folder says nothing about its images."""

    code = "dataset_index_missing"
    message = "The folder has neither labels.csv nor index.csv nor annotations.json."


class DatasetUnreadable(DatasetError):
    """An index or annotation file is not what its name says."""

    code = "dataset_unreadable"
    message = "The index of the folder cannot be read."


class DatasetColumnsMissing(DatasetError):
    """A column without which nothing can be evaluated."""

    code = "dataset_columns_missing"
    message = "A column that is needed is not there."


class DatasetFilesMissing(DatasetError):
    """Images that the index names are not in the folder."""

    code = "dataset_files_missing"
    message = "Images that the index names are not in the folder."
    remedy = "Put them beside the index or into its folder images, or take their rows out."


class DatasetFileOutside(DatasetError):
    """A file name leads out of the folder."""

    code = "dataset_file_outside"
    message = "A file name in the index leads out of the folder."
    remedy = "Name files inside the folder only."


class DatasetDuplicate(DatasetError):
    """One image, two rows."""

    code = "dataset_duplicate"
    message = "An image is named by two rows."
    remedy = "Keep one row per image."


class DatasetEmpty(DatasetError):
    """Nothing to evaluate on."""

    code = "dataset_empty"
    message = "The folder, or the split that was asked for, holds no images."


class DatasetSplitUnknown(DatasetError):
    """A split that the index does not know."""

    code = "dataset_split_unknown"
    message = "The index has no such split."
    remedy = "Leave out --split, or choose --split all."


class DatasetOneClass(DatasetError):
    """Nothing can be told apart."""

    code = "dataset_one_class"
    message = "No label of the model is both present in one image and absent in another."
    remedy = "An evaluation needs images with and images without a finding, under the model's own label names."


class DatasetNothingAnalysed(DatasetError):
    """The model turned every film away, or failed on it."""

    code = "dataset_nothing_analysed"
    message = "Not one film was analysed."


class VersionNotFound(DomainError):
    """No registered or shipped version has that name."""

    code = "version_not_found"
    status = 404
    message = "There is no such model version."
    remedy = "`manage.py models list` names them; --starters looks among the shipped files instead."


class NothingRouted(DomainError):
    """Nothing reads the case type."""

    code = "nothing_routed"
    status = 404
    message = "No model version is routed to this case type."
    remedy = "Name one with --version, or take the shipped ones with --starters."


class ComparisonImpossible(DomainError):
    """Two versions that cannot be held against each other."""

    code = "comparison_impossible"
    status = 422
    message = "Only two detectors with a label in common can be compared."
    remedy = "Name two detectors of the case type with --version and --against; `manage.py models list` names them."
