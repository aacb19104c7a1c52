"""Reports as JSON that every reader takes."""

import json
import math
from typing import Any


def strict_json(content: Any) -> str:
    """Plain values as JSON, with null in place of what JSON has no number for."""
    return json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
