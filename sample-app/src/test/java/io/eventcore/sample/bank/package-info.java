@NullMarked
package io.eventcore.sample.bank;

import org.jspecify.annotations.NullMarked;
