"""An account whose first run is told to continue as new in the very task that brings a person's step."""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows import account_messages as messages
    from workflows import policies
    from workflows.onboarding import OnboardingWorkflow


@workflow.defn(name="Onboarding")
class HastyOnboarding(OnboardingWorkflow):
    """The account's workflow with a server that suggests to continue when a test wants it, which no real one does."""

    @workflow.init
    def __init__(self, start: messages.AccountStart) -> None:
        super().__init__(start)
        self._suggested = False

    @workflow.run
    async def run(self, start: messages.AccountStart) -> None:
        await super().run(start)

    def _should_continue(self) -> bool:
        return self._suggested and workflow.info().continued_run_id is None

    async def _step(
        self, step: Any, work: object, policy: policies.ActivityPolicy = policies.ACCOUNT
    ) -> messages.AccountAnswer:
        self._suggested = True
        return await super()._step(step, work, policy)
