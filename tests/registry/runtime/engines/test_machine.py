from registry.runtime.engines import machine


def test_another_processor_or_driver_gives_another_fingerprint(tmp_path, monkeypatch):
    found = set()
    for number, (cpu, driver) in enumerate(
        [("model name: A", None), ("model name: B", None), ("model name: A", "580")]
    ):
        processor, graphics = tmp_path / f"cpu{number}", tmp_path / f"gpu{number}"
        processor.write_text(cpu)
        if driver:
            graphics.write_text(driver)
        monkeypatch.setattr(machine, "CPU_INFO", processor)
        monkeypatch.setattr(machine, "NVIDIA", graphics)
        found.add(machine.machine_fingerprint.__wrapped__())
    assert len(found) == 3


def test_what_changes_from_minute_to_minute_is_left_out(tmp_path, monkeypatch):
    info = tmp_path / "cpuinfo"
    monkeypatch.setattr(machine, "CPU_INFO", info)
    found = set()
    for megahertz in (1200, 3400):
        info.write_text(f"model name\t: A\ncpu MHz\t: {megahertz}\n")
        found.add(machine.machine_fingerprint.__wrapped__())
    assert len(found) == 1


def test_a_library_that_is_not_installed_has_no_version():
    assert machine.library_version("no-such-package-as-this") == ""
    assert machine.library_version("openvino")
