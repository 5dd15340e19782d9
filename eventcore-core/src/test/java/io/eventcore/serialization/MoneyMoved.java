package io.eventcore.serialization;

import io.eventcore.Event;

/** An event that stands in its package by itself and has no name. */
record MoneyMoved(long cents) implements Event {}
