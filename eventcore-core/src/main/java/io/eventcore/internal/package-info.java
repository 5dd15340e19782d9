/** What several packages of the library share and no user should see. Not part of the API; may change at any time. */
@NullMarked
package io.eventcore.internal;

import org.jspecify.annotations.NullMarked;
