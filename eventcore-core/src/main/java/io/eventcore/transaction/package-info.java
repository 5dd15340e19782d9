/**
 * Whose transaction an append runs in.
 */
@NullMarked
package io.eventcore.transaction;

import org.jspecify.annotations.NullMarked;
