"""What can be wrong with weights from elsewhere. Nothing of such a file is kept when one of these is raised."""

from accounts.errors import InvalidInput


class WeightsUnreadable(InvalidInput):
    """Neither safetensors nor a checkpoint of tensors."""

    code = "weights_unreadable"
    message = "The file holds no weights that can be read: neither safetensors nor a PyTorch state dictionary."
    remedy = "Save the model's state_dict() with torch.save or safetensors and import that."


class WeightsTooLarge(InvalidInput):
    """More than any architecture here needs."""

    code = "weights_too_large"
    message = "The file is larger than 2 GiB, or unpacks to more. Nothing was read."


class WeightsUnsafe(InvalidInput):
    """The file asks for something to be executed or constructed that is no tensor."""

    code = "weights_unsafe"
    message = "The file holds more than tensors: opening it in full could run code. It was not opened."
    remedy = "Ask its author for a state dictionary, best as safetensors."


class WeightsDoNotFit(InvalidInput):
    """Names or shapes are not those of the architecture; `details` lists them all."""

    code = "weights_do_not_fit"
    message = "The weights are not those of the architecture."
    remedy = "Check --architecture and --map; the details list every name."


class LabelsDoNotFit(InvalidInput):
    """The rows of the checkpoint's last layer cannot be matched with the labels."""

    code = "labels_do_not_fit"
    message = "The labels do not fit the rows of the checkpoint's last layer."
    remedy = "Name as many labels as it has rows, in order, or say with --rows which row is which label."


class ImportUnknown(InvalidInput):
    """No such architecture, or no such map for it."""

    code = "import_unknown"
    message = "Weights cannot be imported for this architecture with this map."
