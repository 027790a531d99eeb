"""More runs hang at once than this process may have descriptors."""
from daemon import eventually


def test_hung_checks_leave_descriptors_for_answers(vitals, silence):
    hung = {f"hung/{n:03}": {"check": "redis", "url": f"redis://127.0.0.1:{silence.port}",
                             "timeout": "20s"} for n in range(400)}
    daemon = vitals({"components": hung}, wrapper=["prlimit", "--nofile=256:256"])

    def engine():
        return daemon.control("GET", "/v1/components/vitals%2Fengine").json

    assert eventually(lambda: engine()["status"] == "degraded"), engine()
    assert "of 256 descriptors left" in engine()["detail"]
    listed = daemon.control("GET", "/v1/components").json["components"]
    details = {each["detail"] for each in listed if each["name"].startswith("hung/")}
    assert "no descriptors left" in details
    assert not any(each["status"] == "failed" for each in listed), details
    # What there is for answers serves more than these two.
    assert daemon.get("/livez").status == 200
