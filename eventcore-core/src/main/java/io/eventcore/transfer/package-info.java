/**
 * The log as a file: exported from one store, imported into another, undecoded.
 *
 * @since 0.1
 */
@NullMarked
package io.eventcore.transfer;

import org.jspecify.annotations.NullMarked;
