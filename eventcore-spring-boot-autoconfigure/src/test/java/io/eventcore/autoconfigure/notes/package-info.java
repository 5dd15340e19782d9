/** What the views of the endpoint are tried with. */
@NullMarked
package io.eventcore.autoconfigure.notes;

import org.jspecify.annotations.NullMarked;
