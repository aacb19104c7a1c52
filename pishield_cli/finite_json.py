"""Plain values as JSON that every reader takes, where Python writes `NaN`."""

import json
import math
from typing import Any


def finite_json(content: Any) -> str:
    """Plain values as strict JSON, laid out over lines.

    Args:
        content: What `json` writes; NaN and infinities, which JSON has no number for, become null.
    """
    return json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
