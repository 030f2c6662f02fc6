"""What two deployments of one session do to each other."""

from concurrent.futures import Future, ThreadPoolExecutor, wait

from tests.support.scene import Scene


def test_a_run_waits_for_a_lock_of_its_own_however_short_the_time_for_those_of_others(scene: Scene) -> None:
    def take_the_lock() -> None:
        with scene.deployment.lock():
            pass

    with ThreadPoolExecutor(1) as pool:
        with scene.deployment.lock():
            second: Future[None] = pool.submit(take_the_lock)
            assert not wait([second], timeout=0.2).done
        second.result(timeout=10)
