"""What the epochs of a training came to."""

from dataclasses import dataclass, field
from typing import Any, Dict, List


@dataclass
class TrainingHistory:
    """What each epoch came to."""

    train_loss: List[float] = field(default_factory=list)
    val_loss: List[float] = field(default_factory=list)
    train_acc: List[float] = field(default_factory=list)
    val_acc: List[float] = field(default_factory=list)
    learning_rates: List[float] = field(default_factory=list)
    grad_norms: List[float] = field(default_factory=list)
    epoch_times: List[float] = field(default_factory=list)
    extra: Dict[str, Any] = field(default_factory=dict)

    def last(self, key: str) -> Any:
        """The last value under a name, None when there is none."""
        values = getattr(self, key, None) or self.extra.get(key)
        return values[-1] if values else None
