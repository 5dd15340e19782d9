/**
 * Whose transaction an append runs in. Needs spring-tx; the stores use this package only if it is there.
 */
@NullMarked
package io.eventcore.transaction;

import org.jspecify.annotations.NullMarked;
