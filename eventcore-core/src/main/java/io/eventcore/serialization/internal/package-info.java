/** What the stores share about the stored form of an append. Not part of the API; may change at any time. */
@NullMarked
package io.eventcore.serialization.internal;

import org.jspecify.annotations.NullMarked;
