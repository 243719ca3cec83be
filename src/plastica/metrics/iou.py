"""Intersection over union of classes, for the segmentation of pictures."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..losses.shapes import matched
from ..typing import Float, Int, Num
from .confusion import ClassMap, Overlap, check_classes
from .metric import Wants


@declaration
class IoU(ClassMap):
    """Intersection over union of some classes, the usual measure of segmentation.

    Unlike accuracy, it does not depend on how large the background is.

        IoU_k = |pixels of class k in targets and predictions| / |pixels of class k in either|

    Args:
        num_classes: The number of classes.
        target_class_ids: The classes whose mean is returned; those that occur nowhere are left out of it.
        name: The key in the history.
        ignore_class: A class in the targets whose pixels do not count, such as 255 for unknown.
        sparse_y_true: Whether targets are class numbers; False for one column per class.
        sparse_y_pred: Whether predictions are class numbers. For a network that outputs a column for each class
            (softmax): False, and the largest is taken. True by default, as in Keras.
        axis: The axis of the columns.

    Shapes: class numbers ``(batch, ...)``, or ``(batch, ..., classes)``.

    Raises:
        InvalidValue: If a class does not exist.
        ShapeError: If targets and predictions do not have the same number of pixels.

    Example:
        >>> round(IoU(num_classes=2, target_class_ids=[0]).compute([0, 0, 1, 1], [0, 1, 0, 1]), 4)
        0.3333
    """

    default_label: ClassVar[str] = "iou"
    num_classes: int
    target_class_ids: tuple[int, ...]
    name: str | None = None
    ignore_class: int | None = None
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1

    def __post_init__(self) -> None:
        object.__setattr__(self, "target_class_ids", tuple(int(each) for each in self.target_class_ids))
        check_classes("IoU", self.num_classes, self.target_class_ids)

    @property
    def sparse(self) -> tuple[bool, bool]:
        """Whether the targets and the predictions are class numbers."""
        return self.sparse_y_true, self.sparse_y_pred

    @property
    def chosen(self) -> tuple[int, ...]:
        """The classes that the mean is over."""
        return self.target_class_ids


@declaration
class MeanIoU(ClassMap):
    """Intersection over union, averaged over all classes that occur.

    Args:
        num_classes: The number of classes.
        name: The key in the history.
        ignore_class, sparse_y_true, sparse_y_pred, axis: As for :class:`IoU`.

    Shapes: class numbers ``(batch, ...)``, or ``(batch, ..., classes)``.

    Raises:
        InvalidValue: If there are fewer than 2 classes.
        ShapeError: If targets and predictions do not have the same number of pixels.

    Example:
        >>> predictions = [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]
        >>> MeanIoU(num_classes=2, sparse_y_pred=False).compute([0, 1, 0], predictions)  # 1/2 for both
        0.5
    """

    default_label: ClassVar[str] = "mean_iou"
    num_classes: int
    name: str | None = None
    ignore_class: int | None = None
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1

    def __post_init__(self) -> None:
        check_classes("MeanIoU", self.num_classes, ())

    @property
    def sparse(self) -> tuple[bool, bool]:
        """Whether the targets and the predictions are class numbers."""
        return self.sparse_y_true, self.sparse_y_pred


@declaration
class OneHotIoU(ClassMap):
    """:class:`IoU` of one-hot targets and a column for each class.

    Args:
        num_classes, target_class_ids, name, ignore_class, axis: As for :class:`IoU`.
        sparse_y_pred: Whether predictions are class numbers.

    Shapes: targets and predictions, both ``(batch, ..., classes)``.

    Raises:
        InvalidValue: If a class does not exist.

    Example:
        >>> targets, predictions = [[1, 0], [0, 1], [1, 0]], [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]
        >>> OneHotIoU(num_classes=2, target_class_ids=[0]).compute(targets, predictions)
        0.5
    """

    default_label: ClassVar[str] = "one_hot_iou"
    num_classes: int
    target_class_ids: tuple[int, ...]
    name: str | None = None
    ignore_class: int | None = None
    sparse_y_pred: bool = False
    axis: int = -1

    def __post_init__(self) -> None:
        object.__setattr__(self, "target_class_ids", tuple(int(each) for each in self.target_class_ids))
        check_classes("OneHotIoU", self.num_classes, self.target_class_ids)

    @property
    def sparse(self) -> tuple[bool, bool]:
        """Whether the targets and the predictions are class numbers."""
        return False, self.sparse_y_pred

    @property
    def chosen(self) -> tuple[int, ...]:
        """The classes that the mean is over."""
        return self.target_class_ids


@declaration
class OneHotMeanIoU(ClassMap):
    """:class:`MeanIoU` of one-hot targets and a column for each class.

    Args:
        num_classes, name, ignore_class, axis: As for :class:`IoU`.
        sparse_y_pred: Whether predictions are class numbers.

    Shapes: targets and predictions, both ``(batch, ..., classes)``.

    Raises:
        InvalidValue: If there are fewer than 2 classes.
    """

    default_label: ClassVar[str] = "one_hot_mean_iou"
    num_classes: int
    name: str | None = None
    ignore_class: int | None = None
    sparse_y_pred: bool = False
    axis: int = -1

    def __post_init__(self) -> None:
        check_classes("OneHotMeanIoU", self.num_classes, ())

    @property
    def sparse(self) -> tuple[bool, bool]:
        """Whether the targets and the predictions are class numbers."""
        return False, self.sparse_y_pred


@declaration
class BinaryIoU(Overlap):
    """Intersection over union of yes and no, for outputs that are decided one by one.

    Args:
        target_class_ids: ``(1,)`` for yes, ``(0,)`` for no, ``(0, 1)`` for the mean of both, the default.
        threshold: Outputs of at least this mean yes.
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ...)``.

    Raises:
        InvalidValue: If a class is neither 0 nor 1.

    Example:
        >>> round(BinaryIoU(threshold=0.3).compute([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]), 4)
        0.3333
    """

    default_label: ClassVar[str] = "binary_iou"
    defined_on: ClassVar[Wants] = "decisions"
    target_class_ids: tuple[int, ...] = (0, 1)
    threshold: float = 0.5
    name: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "target_class_ids", tuple(int(each) for each in self.target_class_ids))
        check_classes("BinaryIoU", 2, self.target_class_ids)

    @property
    def classes(self) -> int:
        """Two: no and yes."""
        return 2

    @property
    def chosen(self) -> tuple[int, ...]:
        """The classes that the mean is over."""
        return self.target_class_ids

    def numbers(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> tuple[Int[Array, "batch ..."], Int[Array, "batch ..."]]:
        """Return 0 or 1 for each output."""
        target = matched(self.label, target, prediction)
        return target.astype(jnp.int32), (prediction >= self.threshold).astype(jnp.int32)
