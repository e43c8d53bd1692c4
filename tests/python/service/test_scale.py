"""What a pass costs grows with the Hub, and no faster; `make grants-scale` measures large ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCALE = Path(__file__).with_name("scale.py")


def test_requests_grow_no_faster_than_the_hub(tmp_path):
    def measure(users: int, servers: int) -> dict[str, dict[str, float]]:
        code = (
            f"import sys, json; sys.path.insert(0, {str(SCALE.parent)!r}); import scale;"
            f"print(json.dumps(scale.measure({users}, {servers})))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    small, large = measure(250, 10), measure(1_000, 40)
    for found, users, servers in ((small, 250, 10), (large, 1_000, 40)):
        first, steady = found["first"], found["steady"]
        # 50 members for each server, but for an owner who is one of them.
        assert servers * 49 <= first["created"] <= servers * 50
        assert first["create_requests"] == first["created"], "each share is asked for once"
        assert first["users_requests"] == -(-(users - 1) // 199), "pages overlap by one user"
        assert first["shares_requests"] <= 2 * servers + 2
        assert steady["created"] == steady["remaining"] == 0
        assert steady["shares"] == first["created"]
        assert "create_requests" not in steady
        assert "revoke_requests" not in steady
        assert found["news"]["users_requests"] == -(-users // 199)
        # The new member of 5 servers' group (fewer where there are fewer), the new server's 51.
        assert found["news"]["created"] == found["news"]["create_requests"]
        assert found["news"]["created"] == min(servers, 5) + 51
        assert found["news"]["shares_requests"] <= 7
        told = found["told"]
        assert told["created"] == told["create_requests"] == found["news"]["created"] + 2
        assert told["user_requests"] == 2
        assert "users_requests" not in told, "nobody else is read"
    assert large["steady"]["requests"] <= 4 * small["steady"]["requests"] + 4
