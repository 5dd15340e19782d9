package io.eventcore.autoconfigure;

import io.eventcore.projection.DuplicateProjectionException;
import io.eventcore.projection.Projection;
import io.eventcore.reaction.Reaction;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;

/** Two beans are projections or reactions with the same name. */
final class DuplicateProjectionBeanException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String projection;
    private final transient List<String> projections;
    private final transient List<String> reactions;

    private DuplicateProjectionBeanException(
            List<String> projections, List<String> reactions, DuplicateProjectionException cause) {
        super(cause.getMessage() + "; beans with that name are " + both(projections, reactions), cause);
        this.projection = cause.projection();
        this.projections = List.copyOf(projections);
        this.reactions = List.copyOf(reactions);
    }

    private static List<String> both(List<String> projections, List<String> reactions) {
        return Stream.concat(projections.stream(), reactions.stream()).toList();
    }

    /** Looks for the beans that have the name. A projection that a customizer has added is not among them. */
    static DuplicateProjectionBeanException among(ListableBeanFactory factory, DuplicateProjectionException cause) {
        List<String> projections = new ArrayList<>();
        List<String> reactions = new ArrayList<>();
        BeanFactoryUtils.beansOfTypeIncludingAncestors(factory, Projection.class)
                .forEach((bean, projection) -> {
                    if (projection.name().equals(cause.projection()) && projection.version() == cause.version()) {
                        projections.add(described(bean, "projection", projection));
                    }
                });
        BeanFactoryUtils.beansOfTypeIncludingAncestors(factory, Reaction.class).forEach((bean, reaction) -> {
            if (reaction.name().equals(cause.projection())) {
                reactions.add(described(bean, "reaction", reaction));
            }
        });
        return new DuplicateProjectionBeanException(projections, reactions, cause);
    }

    private static String described(String bean, String kind, Object object) {
        return "%s '%s' (%s)"
                .formatted(kind, bean, AopUtils.getTargetClass(object).getName());
    }

    String projection() {
        return projection;
    }

    List<String> beans() {
        return both(projections, reactions);
    }

    boolean isOfReactions() {
        return !reactions.isEmpty();
    }

    boolean isOfProjections() {
        return reactions.isEmpty() || !projections.isEmpty();
    }
}
