package io.eventcore.test.contract.memory;

class InMemoryUpcastingTest extends InMemoryUpcasting {}
